import COpenSSL
import Glibc
import Testing

@testable import TLS

/// Our key schedule of TLS 1.3 against OpenSSL's: both are the same function of OpenSSL, of two providers.
@Suite struct KeyScheduleTests {
    /// What is derived, as libssl puts it.
    struct Derivation {
        var mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY
        var digest = "SHA2-256"
        var key: [UInt8]?
        var salt: [UInt8]?
        var label = "key"
        var data: [UInt8]?
        var count = 32

        /// The bytes; nil when the provider refuses.
        func derive(_ provider: String) throws -> [UInt8]? {
            // Where no context was made before, the provider isn't there.
            _ = try TLSContext(opensRecords: true)
            let function = unsafe EVP_KDF_fetch(nil, "TLS13-KDF", "provider=\(provider)")
            try #require(unsafe function != nil, "\(provider) has no TLS13-KDF")
            defer { unsafe EVP_KDF_free(function) }
            let context = unsafe EVP_KDF_CTX_new(function)
            defer { unsafe EVP_KDF_CTX_free(context) }
            // The parameters are pointers to all that they name.
            var kept: [UnsafeMutableRawPointer?] = unsafe []
            defer { unsafe kept.forEach { unsafe free($0) } }
            func keep(_ text: String) -> UnsafeMutablePointer<CChar>? {
                unsafe kept.append(strdup(text))
                return unsafe kept.last??.assumingMemoryBound(to: CChar.self)
            }
            let modeKept = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
            defer { unsafe modeKept.deallocate() }
            unsafe modeKept.initialize(to: mode)
            var parameters = unsafe [
                OSSL_PARAM_construct_int(keep(OSSL_KDF_PARAM_MODE), modeKept),
                OSSL_PARAM_construct_utf8_string(keep(OSSL_KDF_PARAM_DIGEST), keep(digest), 0),
            ]
            let octets = [
                (OSSL_KDF_PARAM_KEY, key), (OSSL_KDF_PARAM_SALT, salt), (OSSL_KDF_PARAM_PREFIX, Array("tls13 ".utf8)),
                (OSSL_KDF_PARAM_LABEL, Array(label.utf8)), (OSSL_KDF_PARAM_DATA, data),
            ]
            for (name, bytes) in octets {
                guard let bytes, let copy = unsafe malloc(max(bytes.count, 1)) else { continue }
                unsafe kept.append(copy)
                unsafe copy.copyMemory(from: bytes, byteCount: bytes.count)
                unsafe parameters.append(OSSL_PARAM_construct_octet_string(keep(name), copy, bytes.count))
            }
            unsafe parameters.append(OSSL_PARAM_construct_end())
            var out = [UInt8](repeating: 0, count: count)
            let result = unsafe EVP_KDF_derive(context, &out, count, parameters)
            ERR_clear_error()
            return result == 1 ? out : nil
        }
    }

    private static let ours = "secure-proxy-key-schedule"

    private func agree(_ derivation: Derivation) throws {
        let expected = try derivation.derive("default")
        try #require(expected != nil)
        #expect(try derivation.derive(Self.ours) == expected, "\(derivation)")
    }

    @Test(arguments: [("SHA2-256", 32), ("SHA256", 32), ("SHA2-384", 48), ("SHA384", 48)])
    func expanding(digest: String, length: Int) throws {
        var noise = Noise(state: 31)
        for label in ["key", "iv", "finished", "traffic upd", "c ap traffic", "res binder"] {
            for data in [nil, noise.bytes(length)] {
                for count in [1, 12, 16, 32, 48] {
                    var derivation = Derivation(digest: digest, key: noise.bytes(length), label: label, count: count)
                    derivation.data = data
                    try agree(derivation)
                }
            }
        }
    }

    @Test(arguments: [("SHA2-256", 32), ("SHA2-384", 48)])
    func theSpineOfSecrets(digest: String, length: Int) throws {
        var noise = Noise(state: 37)
        for material in [nil, noise.bytes(length), noise.bytes(66), noise.bytes(200)] {
            for previous in [nil, noise.bytes(length)] {
                try agree(
                    Derivation(
                        mode: EVP_KDF_HKDF_MODE_EXTRACT_ONLY, digest: digest, key: material, salt: previous,
                        label: "derived", count: length))
            }
        }
    }

    @Test func whatTLSNeverAsksForIsRefused() throws {
        let good = Derivation(key: [1, 2, 3])
        #expect(try good.derive(Self.ours) != nil)
        for change: (inout Derivation) -> Void in [
            { $0.digest = "SHA2-512" }, { $0.digest = "NONSENSE" }, { $0.key = nil }, { $0.count = 255 * 32 + 1 },
            { $0.mode = EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND }, { $0.label = String(repeating: "a", count: 250) },
            {
                $0.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY
                $0.count = 31
            },
        ] {
            var bad = good
            change(&bad)
            #expect(try bad.derive(Self.ours) == nil, "\(bad)")
        }
    }
}
