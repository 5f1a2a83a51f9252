internal import HTTP1

/// Request targets made fit for logs: what opens doors is replaced, the rest stays as it was sent.
public enum TargetRedaction {
    /// What stands in place of a secret.
    public static let placeholder = "[redacted]"

    /// `target` with the value of each parameter that carries a secret in OAuth 2.0 or OpenID Connect replaced by
    /// ``placeholder``, and likewise each value that looks like a signed token, whatever the parameter's name.
    public static func redact(_ target: String) -> String {
        var safe = ""
        var copied = target.startIndex
        for parameter in TargetParameters(target: target) where !parameter.value.isEmpty {
            guard isSecret(parameter) else { continue }
            safe += target[copied..<parameter.valueRange.lowerBound]
            safe += placeholder
            copied = parameter.valueRange.upperBound
        }
        return copied == target.startIndex ? target : safe + target[copied...]
    }

    /// `path` with each segment that holds what looks like the beginning of a signed token replaced by ``placeholder``:
    /// clients that put their token there by mistake are no reason to keep it.
    public static func redactPath(_ path: String) -> String {
        guard path.contains("eyJ") else { return path }
        return path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.contains("eyJ") ? placeholder : String($0) }
            .joined(separator: "/")
    }

    /// RFC 6749, 6750, 7521, 7523, 7636, 7662 and OpenID Connect Core: every parameter whose value is as good as a key.
    private static let secretNames: Set<String> = [
        "access_token", "assertion", "client_assertion", "client_secret", "code", "code_verifier", "id_token",
        "id_token_hint", "jwt", "password", "refresh_token", "request", "subject_token", "token",
    ]

    private static func isSecret(_ parameter: TargetParameters.Parameter) -> Bool {
        let name = parameter.decodedName ?? Array(parameter.name)
        if secretNames.contains(String(decoding: name.map(Grammar.lowercase), as: UTF8.self)) { return true }
        // `eyJ` is base64url for `{"`: the beginning of every JOSE header.
        let value = parameter.decodedValue ?? Array(parameter.value)
        return value.starts(with: "eyJ".utf8) && value.contains(UInt8(ascii: "."))
    }
}
