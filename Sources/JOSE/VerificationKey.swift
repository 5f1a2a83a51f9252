internal import Synchronization

/// A public key that verifies signatures.
///
/// It keeps what OpenSSL needs for each algorithm prepared, so a verification costs little more than its arithmetic. A
/// lock makes it safe to share; in a worker with one thread nobody ever waits for it.
public final class VerificationKey: Sendable {
    /// The type and the size or curve.
    public let type: KeyType
    /// The numbers that it was made from.
    let numbers: PublicKeyNumbers
    private let evp: Mutex<EVPKey>

    /// The key with these numbers.
    ///
    /// - Throws: ``JWKError`` when they make no key, or a weak one.
    init(_ numbers: PublicKeyNumbers) throws(JWKError) {
        let key = try EVPKey.make(numbers)
        self.numbers = numbers
        type = key.type
        evp = Mutex(key)
    }

    /// Whether `signature` is one of `message` by this key.
    ///
    /// - Parameters:
    ///   - signature: As in a JWS: for ECDSA r and s one after the other (RFC 7518 section 3.4).
    ///   - message: The bytes that were signed.
    ///   - algorithm: One that fits ``type``; with any other the answer is false.
    public func verifies(_ signature: [UInt8], of message: [UInt8], algorithm: Algorithm) -> Bool {
        guard algorithm.fits(type) else { return false }
        let encoded: [UInt8]
        switch type {
        // RFC 8017 sections 8.1.2 and 8.2.2: as long as the modulus, to the byte; OpenSSL sees to that.
        case .rsa: encoded = signature
        case .ec(let curve):
            guard let der = ECDSASignature.der(fromConcatenated: signature, coordinateLength: curve.coordinateLength)
            else { return false }
            encoded = der
        case .okp(let curve):
            guard signature.count == curve.signatureLength else { return false }
            encoded = signature
        }
        return evp.withLock { $0.verifies(encoded, of: message, algorithm: algorithm) }
    }
}
