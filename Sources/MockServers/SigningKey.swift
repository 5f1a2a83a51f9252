internal import Bytes
internal import COpenSSL
public import JSON

/// A private key of the mock provider: it signs, checks what it signed, and shows its public half as a JWK.
///
/// Made for tests: failures of OpenSSL end the process, since no test could go on.
@safe
public final class SigningKey: Sendable {
    // Sendable: an EVP_PKEY that nobody changes may be used from several threads.
    private nonisolated(unsafe) let key: OpaquePointer?
    /// The algorithm it was made for; an RSA key signs with all six.
    public let algorithm: SigningAlgorithm
    private let secret: [UInt8]

    /// A new key for `algorithm`; RSA keys have `rsaBits` bits.
    public convenience init(for algorithm: SigningAlgorithm = .rs256, rsaBits: Int32 = 2048) {
        switch algorithm.keyKind {
        case .rsa:
            unsafe self.init(algorithm, Self.generate("RSA") { unsafe EVP_PKEY_CTX_set_rsa_keygen_bits($0, rsaBits) })
        case .ec(_, let group, _):
            unsafe self.init(algorithm, Self.generate("EC") { unsafe EVP_PKEY_CTX_set_group_name($0, group) })
        case .ed25519: unsafe self.init(algorithm, Self.generate("ED25519") { _ in 1 })
        case .secret: self.init(secret: [UInt8](repeating: 0x2A, count: 32))
        }
    }

    /// A shared secret for HS256, such as the bytes of somebody's public key (RFC 8725 section 2.1).
    public init(secret: [UInt8]) {
        algorithm = .hs256
        unsafe key = nil
        self.secret = secret
    }

    private init(_ algorithm: SigningAlgorithm, _ key: OpaquePointer?) {
        self.algorithm = algorithm
        unsafe self.key = unsafe key
        secret = []
    }

    deinit { unsafe EVP_PKEY_free(key) }

    private static func generate(_ type: String, configure: (OpaquePointer?) -> Int32) -> OpaquePointer? {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe configure(context) == 1,
            unsafe EVP_PKEY_generate(context, &key) == 1
        else { fatalError("OpenSSL makes no \(type) key") }
        return unsafe key
    }

    // MARK: Signing

    /// The signature of `message` in the form of JWS: for ECDSA the two numbers side by side (RFC 7518 section 3.4).
    public func sign(_ message: [UInt8], with algorithm: SigningAlgorithm? = nil) -> [UInt8] {
        let algorithm = algorithm ?? self.algorithm
        if algorithm == .none { return [] }
        if algorithm == .hs256 { return authenticationCode(of: message) }
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var inner: OpaquePointer?
        var count = 0
        guard unsafe EVP_DigestSignInit_ex(context, &inner, algorithm.hashName, nil, nil, key, nil) == 1,
            unsafe Self.setPadding(inner, algorithm),
            unsafe EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { fatalError("a key for \(self.algorithm.rawValue) can't sign with \(algorithm.rawValue)") }
        var signature = [UInt8](repeating: 0, count: count)
        guard unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            fatalError("OpenSSL doesn't sign with \(algorithm.rawValue)")
        }
        signature.removeLast(signature.count - count)
        if case .ec(_, _, let bytes) = self.algorithm.keyKind { return Self.sideBySide(signature, bytes) }
        return signature
    }

    /// Whether `signature` is this key's, of `message`.
    public func verifies(_ signature: [UInt8], of message: [UInt8], with algorithm: SigningAlgorithm? = nil) -> Bool {
        let algorithm = algorithm ?? self.algorithm
        if algorithm == .none { return false }
        if algorithm == .hs256 { return signature == authenticationCode(of: message) }
        guard algorithm.keyKind == self.algorithm.keyKind else { return false }
        var signature = signature
        if case .ec(_, _, let bytes) = self.algorithm.keyKind {
            guard let encoded = Self.derEncoded(signature, bytes) else { return false }
            signature = encoded
        }
        let context = unsafe EVP_MD_CTX_new()
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var inner: OpaquePointer?
        return unsafe EVP_DigestVerifyInit_ex(context, &inner, algorithm.hashName, nil, nil, key, nil) == 1
            && Self.setPadding(inner, algorithm)
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// RFC 7518 section 3.5: MGF1 with the same hash (OpenSSL's default), a salt as long as the hash.
    private static func setPadding(_ context: OpaquePointer?, _ algorithm: SigningAlgorithm) -> Bool {
        guard algorithm.isPSS else { return true }
        return unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
    }

    private func authenticationCode(of message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        unsafe HMAC(EVP_sha256(), secret, Int32(secret.count), message, message.count, &code, &count)
        return code
    }

    private static func sideBySide(_ encoded: [UInt8], _ bytes: Int) -> [UInt8] {
        unsafe encoded.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            let signature = unsafe d2i_ECDSA_SIG(nil, &next, buffer.count)
            defer { unsafe ECDSA_SIG_free(signature) }
            var output = [UInt8](repeating: 0, count: 2 * bytes)
            var second = [UInt8](repeating: 0, count: bytes)
            unsafe BN_bn2binpad(ECDSA_SIG_get0_r(signature), &output, Int32(bytes))
            unsafe BN_bn2binpad(ECDSA_SIG_get0_s(signature), &second, Int32(bytes))
            output.replaceSubrange(bytes..., with: second)
            return output
        }
    }

    private static func derEncoded(_ signature: [UInt8], _ bytes: Int) -> [UInt8]? {
        guard signature.count == 2 * bytes else { return nil }
        let (r, s) = (Array(signature[..<bytes]), Array(signature[bytes...]))
        let object = unsafe ECDSA_SIG_new()
        defer { unsafe ECDSA_SIG_free(object) }
        // The signature object takes the numbers over.
        unsafe ECDSA_SIG_set0(object, BN_bin2bn(r, Int32(bytes), nil), BN_bin2bn(s, Int32(bytes), nil))
        let count = unsafe i2d_ECDSA_SIG(object, nil)
        guard count > 0 else { return nil }
        var output = [UInt8](repeating: 0, count: Int(count))
        unsafe output.withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            unsafe i2d_ECDSA_SIG(object, &next)
        }
        return output
    }

    // MARK: The public half

    /// The public key as a JWK (RFC 7517) in the form of mock-oauth2-server: with `use`, `kid` and `alg`.
    public func publicJWK(keyID: String) -> JSONObject {
        var jwk = JSONObject()
        switch algorithm.keyKind {
        case .rsa:
            jwk["kty"] = "RSA"
            jwk["e"] = number("e")
        case .ec(let curve, _, let bytes):
            jwk["kty"] = "EC"
            jwk["crv"] = .string(curve)
            jwk["x"] = number("qx", bytes: bytes)
            jwk["y"] = number("qy", bytes: bytes)
        case .ed25519:
            jwk["kty"] = "OKP"
            jwk["crv"] = "Ed25519"
            var bytes = [UInt8](repeating: 0, count: 32)
            var count = bytes.count
            unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count)
            jwk["x"] = .string(Base64URL.encode(bytes))
        case .secret:
            jwk["kty"] = "oct"
            jwk["k"] = .string(Base64URL.encode(secret))
        }
        jwk["use"] = "sig"
        jwk["kid"] = .string(keyID)
        jwk["alg"] = .string(algorithm.rawValue)
        if algorithm.keyKind == .rsa { jwk["n"] = number("n") }
        return jwk
    }

    /// The public key in PEM (SubjectPublicKeyInfo): what an attacker would use as the secret of an HMAC.
    public var publicPEM: [UInt8] {
        let bio = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free(bio) }
        unsafe PEM_write_bio_PUBKEY(bio, key)
        var start: UnsafePointer<UInt8>?
        let count = unsafe shim_BIO_get_mem_data(bio, &start)
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    /// A number of the public key, padded with zeros in front to `bytes` (RFC 7518 section 6.2.1.2).
    private func number(_ name: String, bytes: Int? = nil) -> JSONValue {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else { fatalError("the key has no \(name)") }
        defer { unsafe BN_free(number) }
        let count = bytes ?? Int(unsafe BN_num_bits(number) + 7) / 8
        var output = [UInt8](repeating: 0, count: count)
        unsafe BN_bn2binpad(number, &output, Int32(count))
        return .string(Base64URL.encode(output))
    }
}
