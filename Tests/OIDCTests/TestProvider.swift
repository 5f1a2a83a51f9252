import Bytes
import COpenSSL
import HTTP1
import JOSE
import JSON
import OIDC

/// An RSA key pair of a provider in a test.
final class TestKey: Sendable {
    /// The modulus, in base64url.
    let modulus: String
    private let key: Handle

    /// OpenSSL's key; it is only read after its making, and freed never: tests end with their process.
    @safe private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    /// Keys are slow to make, so the tests share three.
    static let first = TestKey()
    static let second = TestKey()
    static let third = TestKey()

    private init() {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
        var made: OpaquePointer?
        precondition(unsafe EVP_PKEY_keygen_init(context) == 1)
        precondition(unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1)
        precondition(unsafe EVP_PKEY_generate(context, &made) == 1)
        unsafe EVP_PKEY_CTX_free(context)
        guard let pointer = unsafe made else { preconditionFailure("no key") }
        unsafe key = Handle(pointer: pointer)
        var number: OpaquePointer?
        precondition(unsafe EVP_PKEY_get_bn_param(pointer, "n", &number) == 1)
        var bytes = [UInt8](repeating: 0, count: 256)
        precondition(unsafe BN_bn2binpad(number, &bytes, 256) == 256)
        unsafe BN_free(number)
        modulus = Base64URL.encode(bytes)
    }

    /// The RS256 signature of `message`.
    func sign(_ message: [UInt8]) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 256)
        var length = signature.count
        precondition(unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.pointer) == 1)
        precondition(unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1)
        return signature
    }

    /// The public key as a JWK.
    func jwk(kid: String?) -> JSONValue {
        var key: JSONValue = ["kty": "RSA", "e": "AQAB", "n": .string(modulus), "use": "sig", "alg": "RS256"]
        if let kid, var object = key.object {
            object["kid"] = .string(kid)
            key = .object(object)
        }
        return key
    }
}

/// A provider whose documents and tokens a test makes up.
enum TestProvider {
    static let issuer = "https://idp.example/awsexample"
    static let discoveryURL = url("https://idp.example/awsexample/.well-known/openid-configuration")
    static let keysURL = url("https://idp.example/awsexample/jwks")
    /// The wall clock of the tests.
    static let time = UnixTime(seconds: 1_800_000_000)

    /// A URL that is right.
    static func url(_ text: String) -> HTTPURL {
        do throws(HTTPURLError) { return try HTTPURL(text) } catch { preconditionFailure("\(text): \(error)") }
    }

    /// A discovery document.
    static func discovery(
        issuer: String = issuer, keys: String = "https://idp.example/awsexample/jwks"
    ) -> [UInt8] {
        JSON.serialize([
            "issuer": .string(issuer), "jwks_uri": .string(keys),
            "authorization_endpoint": .string("\(issuer)/authorize"), "token_endpoint": .string("\(issuer)/token"),
        ])
    }

    /// A key set document.
    static func keySet(_ keys: JSONValue...) -> [UInt8] { JSON.serialize(["keys": .array(keys)]) }

    /// A 200 answer.
    static func answer(_ body: [UInt8], cacheControl: String? = nil) -> FetchOutcome {
        var fields = HeaderFields()
        if let cacheControl { fields.append("Cache-Control", cacheControl) }
        return .response(status: 200, fields: fields, body: body)
    }

    /// Claims that the default policy accepts, changed by `changes` (null removes a claim).
    static func claims(_ changes: JSONValue = [:]) -> JSONValue {
        var claims: JSONObject = [:]
        claims["iss"] = .string(issuer)
        claims["sub"] = "user-1"
        claims["aud"] = ["default"]
        claims["iat"] = .integer(time.seconds)
        claims["nbf"] = .integer(time.seconds)
        claims["exp"] = .integer(time.seconds + 3600)
        claims["jti"] = "token-1"
        for (name, value) in changes.object ?? [:] {
            // Not `claims[name] = nil` for null: that would be a claim with the value null.
            claims[name] = value.isNull ? Optional<JSONValue>.none : .some(value)
        }
        return .object(claims)
    }

    /// A token signed with RS256.
    static func token(
        _ claims: JSONValue = claims(), key: TestKey = .first, kid: String? = "k1", typ: String? = "JWT",
        header changes: JSONValue = [:]
    ) -> String {
        var header: JSONObject = [:]
        header["alg"] = "RS256"
        if let kid { header["kid"] = .string(kid) }
        if let typ { header["typ"] = .string(typ) }
        for (name, value) in changes.object ?? [:] { header[name] = value }
        return sign(JSON.serialize(.object(header)), JSON.serialize(claims), key)
    }

    /// Any header and payload, signed.
    static func sign(_ header: [UInt8], _ payload: [UInt8], _ key: TestKey = .first) -> String {
        let input = "\(Base64URL.encode(header)).\(Base64URL.encode(payload))"
        return "\(input).\(Base64URL.encode(key.sign(Array(input.utf8))))"
    }
}

/// A moment `seconds` after the start of the tests' clock.
func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

/// The error that `body` throws; records an issue when it throws none.
func failure<Failure: Error, Value>(_ body: () throws(Failure) -> Value) -> Failure? {
    do throws(Failure) {
        _ = try body()
        return nil
    } catch { return error }
}

/// A generator whose numbers are the same in every run.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 2 | 1 }

    mutating func next() -> UInt64 {
        // Xorshift with a multiplication: good enough to throw dice.
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
