internal import Bytes
internal import Gateway
internal import JOSE
internal import JSON
internal import OIDC
internal import Settings
internal import System

/// What `secure-proxy token check` is to look at, and against what.
public struct TokenCheckOptions: Sendable {
    /// Where the token is.
    public enum Token: Sendable {
        /// On the command line, where the shell's history and other users see it.
        case argument(String)
        /// On a descriptor, to its end.
        case descriptor(Int32)
        /// In a file.
        case file(String)
    }

    /// Where the provider's keys come from.
    public enum Keys: Sendable, Equatable {
        /// The provider, as configured.
        case provider
        /// A file with a JWK Set.
        case file(String)
        /// Nowhere: only the claims are looked at.
        case none
    }

    /// The settings file.
    public var settingsFile: String
    /// The token.
    public var token: Token
    /// The listener whose policy counts; nil: the first one that asks for tokens.
    public var listener: String?
    /// The keys.
    public var keys: Keys
    /// Whether the answer is for machines.
    public var isJSON: Bool

    /// A check of `token` by the settings in `settingsFile`.
    public init(
        settingsFile: String, token: Token = .descriptor(0), listener: String? = nil, keys: Keys = .provider,
        isJSON: Bool = false
    ) {
        self.settingsFile = settingsFile
        self.token = token
        self.listener = listener
        self.keys = keys
        self.isJSON = isJSON
    }
}

extension Commands {
    /// `secure-proxy token check`: would this token be let in, and if not, why?
    ///
    /// - Returns: ``ExitCode/success`` when it would be let in; ``ExitCode/failure`` when not, or when the signature
    ///   couldn't be checked; ``ExitCode/usage`` when the question is wrong.
    public static func checkToken(_ options: TokenCheckOptions, output: CommandOutput = .console) -> ExitCode {
        let settings: Settings
        switch SettingsFile.load(options.settingsFile) {
        case .success(let loaded): settings = loaded
        case .failure(let problem):
            output.error(problem.description)
            return .usage
        }
        do throws(UsageProblem) {
            let check = try TokenCheck(settings, options, output)
            return try check.run()
        } catch {
            output.error("error: \(error)")
            return .usage
        }
    }
}

/// A question that can't be answered as it was put.
struct UsageProblem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One token held against one listener's policy.
private struct TokenCheck {
    private let settings: Settings
    private let options: TokenCheckOptions
    private let output: CommandOutput
    /// The listener's place among the settings'.
    private let listener: Int

    init(_ settings: Settings, _ options: TokenCheckOptions, _ output: CommandOutput) throws(UsageProblem) {
        self.settings = settings
        self.options = options
        self.output = output
        let found =
            if let name = options.listener {
                settings.listeners.firstIndex { $0.name == name }
            } else {
                settings.listeners.firstIndex { $0.policy.tokenRequired } ?? settings.listeners.indices.first
            }
        guard let found else {
            let names = settings.listeners.map(\.name).joined(separator: ", ")
            throw UsageProblem("there is no listener \"\(options.listener ?? "")\"; there are \(names)")
        }
        listener = found
    }

    func run() throws(UsageProblem) -> ExitCode {
        let token = try readToken()
        let (keys, issuer) = try readKeys(token)
        let policy = settings.listeners[listener].policy
        let name = settings.listeners[listener].name
        if !policy.tokenRequired { output.error("notice: listener \(name) lets clients in without a token") }
        let report = TokenReport(
            token: token, keys: keys, issuer: issuer, policy: settings.claimsPolicy(listener),
            algorithms: settings.algorithms, maxTokenBytes: settings.limits.maxTokenBytes, at: Clock.unix)
        if options.isJSON {
            var answer = report.json.object ?? JSONObject()
            answer["listener"] = .string(name)
            output.print(String(decoding: JSON.serialize(.object(answer), pretty: true), as: UTF8.self))
        } else {
            output.print("policy of listener \(name)")
            // The report brings its own line's end.
            output.print(String(report.text.dropLast()))
        }
        return report.verdict == .admitted ? .success : .failure
    }

    // MARK: The token

    /// Larger than any token may be configured.
    private static let inputLimit = 2 * 1024 * 1024

    private func readToken() throws(UsageProblem) -> [UInt8] {
        var bytes: [UInt8]
        do throws(SystemError) {
            switch options.token {
            case .argument(let text): bytes = Array(text.utf8)
            case .file(let path): bytes = try File.read(path, limit: Self.inputLimit)
            case .descriptor(let number):
                if File.isTerminal(number) { output.error("paste the token, then Enter and Ctrl-D") }
                bytes = try File.read(descriptor: number, named: "standard input", limit: Self.inputLimit)
            }
        } catch {
            throw UsageProblem("cannot read the token: \(error)")
        }
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        bytes = Array(bytes.drop(while: isSpace))
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        // As it is copied from a request.
        let scheme = Array("bearer ".utf8)
        if bytes.prefix(scheme.count).map({ $0 | 0x20 }) == scheme {
            bytes = Array(bytes.dropFirst(scheme.count).drop(while: isSpace))
        }
        guard !bytes.isEmpty else { throw UsageProblem("there is no token; give it on standard input or with --file") }
        return bytes
    }

    // MARK: The keys

    private func readKeys(_ token: [UInt8]) throws(UsageProblem) -> (JWKSet?, issuer: String) {
        switch options.keys {
        case .none: return (nil, try configuredIssuer(token))
        case .file(let path): return (try readKeySet(path), try configuredIssuer(token))
        case .provider: return try fetchKeys(token)
        }
    }

    private func readKeySet(_ path: String) throws(UsageProblem) -> JWKSet {
        do {
            // The operator's own file may hold whole key pairs.
            let set = try JWKSet(json: try JSON.parse(try File.read(path)), privateMembers: .ignored)
            for skipped in set.skipped { output.error("notice: \(path): key \(skipped.index): \(skipped.reason)") }
            return set
        } catch {
            throw UsageProblem("\(path): \(error)")
        }
    }

    private func fetchKeys(_ token: [UInt8]) throws(UsageProblem) -> (JWKSet?, issuer: String) {
        let answer: Result<ProviderDocuments, ProviderError>?
        do throws(StartError) { answer = try ConnectionCheck(settings).provider() } catch {
            throw UsageProblem("\(error)")
        }
        switch answer {
        case nil: throw UsageProblem("no provider is configured; add oidc.discovery, or oidc.jwksURI and oidc.issuer")
        case .success(let documents)?:
            for skipped in documents.keys.skipped {
                output.error("notice: the provider's key \(skipped.index): \(skipped.reason)")
            }
            return (documents.keys, documents.issuer)
        case .failure(let error)?:
            output.error("error: \(error)")
            output.error("without keys only the claims can be checked")
            return (nil, try configuredIssuer(token))
        }
    }

    /// The issuer as far as the settings tell it without asking the provider.
    private func configuredIssuer(_ token: [UInt8]) throws(UsageProblem) -> String {
        if let issuer = settings.oidc.issuer { return issuer }
        guard let discovery = settings.oidc.discovery, let url = try? HTTPURL(discovery.text),
            let derived = ProviderMetadata.issuer(derivedFrom: url)
        else {
            throw UsageProblem(
                "only the provider could tell the issuer; set oidc.issuer, or leave --offline and --keys out")
        }
        // The address leaves a final slash open (OpenID Connect Discovery 1.0 section 4.1): take it as the token has it.
        let issuer = "\(derived)"
        let plain = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let claimed = (try? JWS(compact: token.span)).flatMap { try? ClaimsSet(payload: $0.payload) }?.issuer
        return claimed == plain + "/" ? plain + "/" : plain
    }
}
