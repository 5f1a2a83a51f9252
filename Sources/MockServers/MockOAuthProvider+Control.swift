internal import Bytes
internal import HTTP1
internal import JSON

/// The knobs over HTTP, for tests in other processes: `/mock/…`, bodies in JSON (an empty one means `{}`).
///
/// | request | body's members | answer |
/// |---|---|---|
/// | `GET /mock/requests` | | how many requests each path received |
/// | `POST /mock/rotate` | `issuer`, `algorithm`, `keepsKeyID`, `keepsOld` | the new key's id |
/// | `POST /mock/knobs` | `tokenLifetime`, `notBefore`, `tokenIssuer`, `discoveryIssuer`, `jwksURI`, `audience`, `audienceAsString`, `subject`, `claims`, `header`, `jwks`, `cacheControl` | |
/// | `POST /mock/fault` | `endpoint`, `status`, `garbage`, `oversizeBytes`, `redirect`, `delivery` (`close`, `reset`, `silence`, `untilClose`), `delayMilliseconds`, `times` | |
/// | `POST /mock/token` | `issuer`, `client`, `lifetime`, `claims`, `header` | a token, as text |
/// | `POST /mock/reset` | | knobs, faults and counters as at the start; keys stay |
extension MockOAuthProvider {
    mutating func control(_ request: MockRequest, now: UnixTime) -> MockAnswer {
        let command = String(request.head.path.dropFirst("/mock/".utf8.count))
        if command == "requests", request.head.method == "GET" { return .json(.object(counts)) }
        guard request.head.method == "POST" else { return .text("method not allowed", status: 405) }
        let options: JSONObject
        do throws(JSONError) {
            let body = request.body.isEmpty ? Array("{}".utf8) : request.body
            guard let object = try JSON.parse(body).object else { return .text("the body is no object", status: 400) }
            options = object
        } catch {
            return .text("\(error)", status: 400)
        }
        let issuerID = options["issuer"]?.string ?? MockOAuthServer.defaultIssuerID
        do throws(ControlError) {
            switch command {
            case "rotate":
                let name = try options.text("algorithm") ?? SigningAlgorithm.rs256.rawValue
                guard let algorithm = SigningAlgorithm(rawValue: name), algorithm.keyKind != .secret else {
                    throw ControlError(member: "algorithm", wanted: "one of RS256 … EdDSA")
                }
                rotateKeys(
                    of: issuerID, key: SigningKey(for: algorithm), keepsKeyID: try options.flag("keepsKeyID") ?? false,
                    keepsOld: try options.flag("keepsOld") ?? false)
                return .json(["kid": .string(keys(of: issuerID).current.keyID)])
            case "knobs": try turnKnobs(options)
            case "fault": try setFault(options)
            case "token": return try mintedToken(request, options, issuerID: issuerID, now: now)
            case "reset":
                knobs = MockOAuthKnobs()
                faults = [:]
                forgetRequests()
            default: return .text("no such command: \(command)", status: 404)
            }
        } catch {
            return .text("\(error.member): \(error.wanted) is wanted", status: 400)
        }
        return .json([:])
    }

    private var counts: JSONObject {
        var counts = JSONObject()
        for (path, count) in requestCounts.sorted(by: { $0.key < $1.key }) { counts[path] = .integer(Int64(count)) }
        return counts
    }

    private mutating func turnKnobs(_ options: JSONObject) throws(ControlError) {
        if let value = try options.number("tokenLifetime") { knobs.tokenLifetime = value }
        if let value = try options.number("notBefore") { knobs.notBefore = value }
        if let value = try options.text("tokenIssuer") { knobs.tokenIssuer = value }
        if let value = try options.text("discoveryIssuer") { knobs.discoveryIssuer = value }
        if let value = try options.text("jwksURI") { knobs.jwksURI = value }
        if let value = try options.text("subject") { knobs.subject = value }
        if let value = try options.flag("audienceAsString") { knobs.audienceAsString = value }
        if let value = options["audience"] { knobs.audience = value.array?.compactMap(\.string) }
        if let value = try options.object("claims") { knobs.claims = value }
        if let value = try options.object("header") { knobs.header = value }
        if let value = options["jwks"] { knobs.jwks = value.isNull ? Optional.none : value }
        if let value = try options.text("cacheControl") { knobs.documentFields = [("cache-control", value)] }
    }

    private mutating func setFault(_ options: JSONObject) throws(ControlError) {
        var endpoint: OAuthEndpoint?
        if let name = try options.text("endpoint") {
            endpoint = OAuthEndpoint.allCases.first { "\($0)" == name }
            if endpoint == nil { throw ControlError(member: "endpoint", wanted: "discovery, jwks, token, …") }
        }
        var fault = MockOAuthFault()
        if let status = try options.number("status") {
            guard (200...599).contains(status) else { throw ControlError(member: "status", wanted: "200 to 599") }
            fault.kind = .status(Int(status))
        }
        if try options.flag("garbage") == true { fault.kind = .garbage }
        if let bytes = try options.number("oversizeBytes") {
            fault.kind = .oversize(bytes: Int(min(max(bytes, 0), 64 * 1024 * 1024)))
        }
        if let target = try options.text("redirect") { fault.kind = .redirect(to: target) }
        if let name = try options.text("delivery") {
            let deliveries: [String: MockAnswer.Delivery] = [
                "close": .close, "reset": .reset, "silence": .silence, "untilClose": .untilClose,
            ]
            guard let delivery = deliveries[name] else {
                throw ControlError(member: "delivery", wanted: "close, reset, silence or untilClose")
            }
            fault.kind = .delivery(delivery)
        }
        fault.delay = .milliseconds(min(max(try options.number("delayMilliseconds") ?? 0, 0), 3_600_000))
        fault.times = try options.number("times").map { Int(clamping: $0) }
        faults[endpoint] = fault
    }

    private mutating func mintedToken(
        _ request: MockRequest, _ options: JSONObject, issuerID: String, now: UnixTime
    ) throws(ControlError) -> MockAnswer {
        var adjusted = knobs
        if let lifetime = try options.number("lifetime") { adjusted.tokenLifetime = lifetime }
        let mint = TokenMint(knobs: adjusted, now: now)
        let client = try options.text("client") ?? "client"
        let claims = mint.claims(
            issuer: issuerAddress(request, issuerID), issuerID: issuerID, subject: client, audience: ["default"],
            client: client)
        return .text(
            mint.token(
                claims: TokenMint.overridden(claims, by: try options.object("claims") ?? JSONObject()),
                header: try options.object("header") ?? JSONObject(), key: keys(of: issuerID).current))
    }
}

/// A member of a control request that is of the wrong kind.
struct ControlError: Error {
    let member: String
    let wanted: String
}

extension JSONObject {
    fileprivate func text(_ key: String) throws(ControlError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else { throw ControlError(member: key, wanted: "a string") }
        return text
    }

    fileprivate func number(_ key: String) throws(ControlError) -> Int64? {
        guard let value = self[key] else { return nil }
        guard let number = value.integer else { throw ControlError(member: key, wanted: "an integer") }
        return number
    }

    fileprivate func flag(_ key: String) throws(ControlError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.bool else { throw ControlError(member: key, wanted: "true or false") }
        return flag
    }

    fileprivate func object(_ key: String) throws(ControlError) -> JSONObject? {
        guard let value = self[key] else { return nil }
        guard let object = value.object else { throw ControlError(member: key, wanted: "an object") }
        return object
    }
}
