internal import Bytes
public import JSON

/// Compact serialization of JWS (RFC 7515 section 3.1): made of any parts, good or bad, for tests.
public enum CompactJWS {
    /// Signs `payload` with `key` under `header`, as it is: nothing is added to the header or checked.
    ///
    /// - Parameter algorithm: what the signature is made with, whatever the header says; nil: the key's own.
    public static func sign(
        header: JSONValue, payload: [UInt8], key: SigningKey, algorithm: SigningAlgorithm? = nil
    ) -> String {
        let input =
            Base64URL.encode(JSON.serialize(header)) + "." + Base64URL.encode(payload)
        return input + "." + Base64URL.encode(key.sign(Array(input.utf8), with: algorithm))
    }

    /// Header, payload and signature of `token`, and what was signed; nil when it has another form.
    static func parts(
        _ token: String
    ) -> (header: JSONObject, payload: JSONObject, signature: [UInt8], signingInput: [UInt8])? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]),
            let headerObject = (try? JSON.parse(header))?.object, let claims = (try? JSON.parse(payload))?.object
        else { return nil }
        return (headerObject, claims, signature, Array("\(parts[0]).\(parts[1])".utf8))
    }
}
