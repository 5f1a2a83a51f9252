internal import Bytes
public import JSON

/// A public key with what its publisher says about it: a JSON Web Key (RFC 7517 section 4).
///
/// Made only where everything said agrees: type, curve, `use`, `key_ops` and `alg`.
public struct JWK: Sendable {
    /// The key's identifier (section 4.5).
    public let kid: String?
    /// The one algorithm that the key is for; nil for each that its type allows (section 4.4).
    public let alg: Algorithm?
    /// The key itself.
    public let key: VerificationKey

    /// What to do about private members (`d` and, for RSA, the factors).
    public enum PrivateMembers: Sendable {
        /// Leave them unread: the operator's own key.
        case ignored
        /// Refuse the key: it was published, so anyone can sign with it.
        case refused
    }

    /// Reads the key in `json`.
    ///
    /// - Parameters:
    ///   - json: The JSON object. Unknown members are ignored (section 4).
    ///   - privateMembers: What to do about private members.
    /// - Throws: ``JWKError``, one case for each misdeed.
    public init(json: JSONValue, privateMembers: PrivateMembers = .ignored) throws(JWKError) {
        guard let object = json.object else { throw .notAnObject }
        let members = JWKMembers(object: object)
        kid = try members.text("kid")
        try members.checkUse()
        let numbers = try members.publicKey()
        // Before the costly part: a key for something else is none of ours.
        var declared: Algorithm?
        if let name = try members.text("alg") {
            guard let algorithm = Algorithm(name: name) else { throw .unsupportedAlgorithm(name) }
            declared = algorithm
        }
        key = try VerificationKey(numbers)
        if privateMembers == .refused, object["d"] != nil { throw .privateKeyPublished }
        if let declared, !declared.fits(key.type) { throw .algorithmMismatch(declared, key.type) }
        alg = declared
    }

    /// Whether signatures of `algorithm` may be verified with this key: its type and its `alg` both agree.
    public func admits(_ algorithm: Algorithm) -> Bool { algorithm.fits(key.type) && (alg ?? algorithm) == algorithm }
}

/// Typed reads of a JWK's members.
struct JWKMembers {
    let object: JSONObject

    /// The text of the member `name`, or nil when there is none.
    func text(_ name: String) throws(JWKError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw .wrongType(member: name) }
        return text
    }

    /// The text of the member `name`.
    func required(_ name: String) throws(JWKError) -> String {
        guard let text = try text(name) else { throw .missingMember(name) }
        return text
    }

    /// RFC 7517 sections 4.2 and 4.3: what the key is for; both members may be missing.
    func checkUse() throws(JWKError) {
        let use = try text("use")
        if let use, !use.hasSameBytes(as: "sig") { throw .notForSignatures(use: use) }
        guard let listed = object["key_ops"] else { return }
        guard let values = listed.array else { throw .wrongType(member: "key_ops") }
        var operations: [String] = []
        for value in values {
            guard let operation = value.string else { throw .wrongType(member: "key_ops") }
            if operations.contains(operation) { throw .repeatedOperation(operation) }
            operations.append(operation)
        }
        guard operations.contains("verify") else { throw .notForVerification }
        if use != nil, let other = operations.first(where: { $0 != "verify" && $0 != "sign" }) {
            throw .contradictoryUse(operation: other)
        }
    }

    /// The public key's numbers (RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2).
    func publicKey() throws(JWKError) -> PublicKeyNumbers {
        let type = try required("kty")
        switch type {
        case "RSA":
            return .rsa(modulus: try bytes("n"), exponent: try bytes("e"))
        case "EC":
            let name = try required("crv")
            guard let curve = EllipticCurve(rawValue: name) else { throw .unsupportedCurve(name) }
            let x = try bytes("x", length: curve.coordinateLength)
            let y = try bytes("y", length: curve.coordinateLength)
            return .ec(curve, x: x, y: y)
        case "OKP":
            let name = try required("crv")
            guard let curve = EdwardsCurve(rawValue: name) else { throw .unsupportedCurve(name) }
            return .okp(curve, x: try bytes("x", length: curve.publicKeyLength))
        case "oct": throw .symmetricKey
        default: throw .unsupportedKeyType(type)
        }
    }

    private func bytes(_ name: String) throws(JWKError) -> [UInt8] {
        guard let bytes = Base64URL.decode(try required(name)) else { throw .badBase64(member: name) }
        return bytes
    }

    private func bytes(_ name: String, length: Int) throws(JWKError) -> [UInt8] {
        let bytes = try bytes(name)
        guard bytes.count == length else {
            throw .wrongLength(member: name, expected: length, found: bytes.count)
        }
        return bytes
    }
}
