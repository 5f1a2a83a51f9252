import Bytes
import COpenSSL
import JOSE
import JSON

/// A private key made for a test, which signs whatever it is asked to: also what no honest issuer would sign.
@safe final class TestKey: @unchecked Sendable {
    /// What to generate.
    enum Kind: Sendable {
        case rsa(bits: Int)
        case ec(EllipticCurve)
        case okp(EdwardsCurve)
    }

    /// Keys that tests share; making an RSA key takes a while.
    static let rsa = TestKey(.rsa(bits: 2048))
    static let otherRSA = TestKey(.rsa(bits: 2048))
    static let smallRSA = TestKey(.rsa(bits: 1024))
    static let p256 = TestKey(.ec(.p256))
    static let p384 = TestKey(.ec(.p384))
    static let p521 = TestKey(.ec(.p521))
    static let ed25519 = TestKey(.okp(.ed25519))
    static let ed448 = TestKey(.okp(.ed448))

    /// A key for signatures of `algorithm`.
    static func fitting(_ algorithm: Algorithm) -> TestKey {
        switch algorithm {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: rsa
        case .es256: p256
        case .es384: p384
        case .es512: p521
        case .edDSA: ed25519
        }
    }

    let kind: Kind
    private let key: OpaquePointer

    init(_ kind: Kind) {
        self.kind = kind
        let name =
            switch kind {
            case .rsa: "RSA"
            case .ec: "EC"
            case .okp(let curve): curve == .ed25519 ? "ED25519" : "ED448"
            }
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        precondition(unsafe EVP_PKEY_keygen_init(context) == 1)
        switch kind {
        case .rsa(let bits): precondition(unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1)
        case .ec(let curve): precondition(unsafe EVP_PKEY_CTX_set_group_name(context, curve.rawValue) == 1)
        case .okp: break
        }
        precondition(unsafe EVP_PKEY_generate(context, &made) == 1)
        guard let key = unsafe made else { preconditionFailure("no key was made") }
        unsafe self.key = unsafe key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The public key as a JWK, with `more` members added or, where nil, taken away.
    func jwk(_ more: [String: JSONValue?] = [:]) -> JSONValue {
        var members = JSONObject()
        switch kind {
        case .rsa:
            members["kty"] = "RSA"
            members["n"] = .string(Base64URL.encode(number(OSSL_PKEY_PARAM_RSA_N)))
            members["e"] = .string(Base64URL.encode(number(OSSL_PKEY_PARAM_RSA_E)))
        case .ec(let curve):
            let point = octets(OSSL_PKEY_PARAM_PUB_KEY)
            members["kty"] = "EC"
            members["crv"] = .string(curve.rawValue)
            members["x"] = .string(Base64URL.encode(Array(point[1...curve.coordinateLength])))
            members["y"] = .string(Base64URL.encode(Array(point[(curve.coordinateLength + 1)...])))
        case .okp(let curve):
            members["kty"] = "OKP"
            members["crv"] = .string(curve.rawValue)
            members["x"] = .string(Base64URL.encode(octets(OSSL_PKEY_PARAM_PUB_KEY)))
        }
        for (name, value) in more { members[name] = value }
        return .object(members)
    }

    /// A compact JWS with the header `{"alg": …}` and `more`.
    func token(_ algorithm: Algorithm, _ more: [String: JSONValue] = [:], payload: String = "{}") -> String {
        var header = JSONObject()
        header["alg"] = .string(algorithm.rawValue)
        for (name, value) in more { header[name] = value }
        return token(header: JSON.serialize(.object(header)), payload: Array(payload.utf8), algorithm)
    }

    /// A compact JWS of exactly this header, signed by `algorithm` whatever the header says.
    func token(header: [UInt8], payload: [UInt8], _ algorithm: Algorithm) -> String {
        let input = "\(Base64URL.encode(header)).\(Base64URL.encode(payload))"
        return "\(input).\(Base64URL.encode(sign(Array(input.utf8), algorithm)))"
    }

    /// A signature as a JWS has it; for PSS with a salt of another length when asked.
    func sign(
        _ message: [UInt8], _ algorithm: Algorithm, saltLength: Int32 = RSA_PSS_SALTLEN_DIGEST
    ) -> [UInt8] {
        let digest: String? =
            switch algorithm {
            case .rs256, .ps256, .es256: "SHA256"
            case .rs384, .ps384, .es384: "SHA384"
            case .rs512, .ps512, .es512: "SHA512"
            case .edDSA: nil
            }
        let hasher = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(hasher) }
        var context: OpaquePointer?
        precondition(unsafe EVP_DigestSignInit_ex(hasher, &context, digest, nil, nil, key, nil) == 1)
        switch algorithm {
        case .ps256, .ps384, .ps512:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING)
            unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(context, saltLength)
        default: break
        }
        var length = 0
        precondition(unsafe EVP_DigestSign(hasher, nil, &length, message, message.count) == 1)
        var signature = [UInt8](repeating: 0, count: length)
        precondition(unsafe EVP_DigestSign(hasher, &signature, &length, message, message.count) == 1)
        signature.removeLast(signature.count - length)
        guard case .ec(let curve) = kind else { return signature }
        return Self.concatenated(der: signature, coordinateLength: curve.coordinateLength)
    }

    /// r and s one after the other (RFC 7518 section 3.4).
    private static func concatenated(der: [UInt8], coordinateLength: Int) -> [UInt8] {
        let parsed = unsafe der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &position, bytes.count)
        }
        defer { unsafe ECDSA_SIG_free(parsed) }
        var r = [UInt8](repeating: 0, count: coordinateLength)
        var s = r
        precondition(unsafe BN_bn2binpad(ECDSA_SIG_get0_r(parsed), &r, Int32(coordinateLength)) > 0)
        precondition(unsafe BN_bn2binpad(ECDSA_SIG_get0_s(parsed), &s, Int32(coordinateLength)) > 0)
        return r + s
    }

    /// A big number of the key, big-endian.
    private func number(_ name: String) -> [UInt8] {
        var value: OpaquePointer?
        precondition(unsafe EVP_PKEY_get_bn_param(key, name, &value) == 1)
        defer { unsafe BN_free(value) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = unsafe BN_bn2bin(value, &bytes)
        return Array(bytes.prefix(Int(count)))
    }

    /// Bytes of the key.
    private func octets(_ name: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1024)
        var count = 0
        precondition(unsafe EVP_PKEY_get_octet_string_param(key, name, &bytes, bytes.count, &count) == 1)
        return Array(bytes.prefix(count))
    }
}
