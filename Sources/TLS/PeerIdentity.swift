internal import CLinux
internal import COpenSSL

/// The names in a peer's certificate, by which it can be authorised.
public struct PeerIdentity: Equatable, Sendable {
    /// Subject alternative names of type dNSName.
    public private(set) var dnsNames: [String] = []
    /// Subject alternative names of type uniformResourceIdentifier, such as SPIFFE IDs.
    public private(set) var uris: [String] = []
    /// Subject alternative names of type iPAddress, as text.
    public private(set) var ipAddresses: [String] = []
    /// Subject alternative names of type rfc822Name.
    public private(set) var emails: [String] = []
    /// The subject's common name (the most specific one).
    public let commonName: String?
    /// The subject's organizational units.
    public let organizationalUnits: [String]
    /// The whole subject in RFC 2253 form, for logs.
    public let subject: String
    /// SHA-256 of the certificate's DER encoding, in hexadecimal.
    public let fingerprint: String
    /// The certificate's serial number in hexadecimal.
    public let serialNumber: String

    /// Reads the names of the first certificate in a PEM text.
    public init(certificatePEM: [UInt8], label: String) throws(TLSError) {
        let certificates = try unsafe PEM.certificates(in: certificatePEM, label: label)
        defer { unsafe certificates.forEach { unsafe X509_free($0) } }
        guard let first = unsafe certificates.first else { throw .noCertificate(label: label) }
        unsafe self.init(certificate: first)
    }

    @unsafe
    init(certificate: OpaquePointer) {
        let name = unsafe X509_get_subject_name(certificate)
        unsafe commonName = subjectEntries(name, NID_commonName).last
        unsafe organizationalUnits = subjectEntries(name, NID_organizationalUnitName)
        unsafe subject = memoryText { unsafe X509_NAME_print_ex($0, name, 0, shim_XN_FLAG_RFC2253) }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        if unsafe X509_digest(certificate, EVP_sha256(), &digest, &count) != 1 { count = 0 }
        fingerprint = hexadecimal(digest.prefix(Int(count)))
        unsafe serialNumber = hexadecimal(stringBytes(X509_get0_serialNumber(certificate)))
        unsafe readAlternativeNames(certificate)
    }

    private mutating func readAlternativeNames(_ certificate: OpaquePointer) {
        guard let names = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return }
        let stack = OpaquePointer(names)
        defer { unsafe GENERAL_NAMES_free(stack) }
        for index in 0..<max(unsafe OPENSSL_sk_num(stack), 0) {
            guard let entry = unsafe OPENSSL_sk_value(stack, index) else { continue }
            let name = unsafe entry.assumingMemoryBound(to: GENERAL_NAME.self)
            let type = unsafe name.pointee.type
            guard [GEN_DNS, GEN_URI, GEN_EMAIL, GEN_IPADD].contains(type) else { continue }
            let bytes = unsafe stringBytes(shim_GENERAL_NAME_string(name))
            if type == GEN_IPADD {
                if let text = addressText(bytes) { ipAddresses.append(text) }
                continue
            }
            // A NUL or anything outside ASCII in such a name is a trick, so the name does not count.
            guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            switch type {
            case GEN_DNS: dnsNames.append(text)
            case GEN_URI: uris.append(text)
            default: emails.append(text)
            }
        }
    }
}

/// The entries of one kind in a distinguished name, as UTF-8; those with a NUL inside are left out.
private func subjectEntries(_ name: OpaquePointer?, _ kind: Int32) -> [String] {
    var entries: [String] = []
    var index: Int32 = -1
    while true {
        index = unsafe X509_NAME_get_index_by_NID(name, kind, index)
        guard index >= 0 else { return entries }
        let data = unsafe X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))
        var text: UnsafeMutablePointer<UInt8>?
        let count = unsafe ASN1_STRING_to_UTF8(&text, data)
        guard count >= 0, let text = unsafe text else {
            ERR_clear_error()
            continue
        }
        let bytes = unsafe UnsafeBufferPointer(start: text, count: Int(count))
        if unsafe !bytes.contains(0) { unsafe entries.append(String(decoding: bytes, as: UTF8.self)) }
        unsafe CRYPTO_free(text, #file, #line)
    }
}

private func stringBytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
    guard let string = unsafe string, let data = unsafe ASN1_STRING_get0_data(string) else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: data, count: Int(max(ASN1_STRING_length(string), 0))))
}

/// The usual text of an address in network byte order; nil unless it has 4 or 16 bytes.
private func addressText(_ bytes: [UInt8]) -> String? {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var address = clinux_address()
    address.family = bytes.count == 4 ? 4 : 6
    for (index, byte) in bytes.enumerated() {
        if bytes.count == 16 && index < 8 {
            address.high = address.high << 8 | UInt64(byte)
        } else {
            address.low = address.low << 8 | UInt64(byte)
        }
    }
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { text in
        guard let start = text.baseAddress else { return nil }
        unsafe clinux_format_address(&address, start)
        return unsafe String(cString: start)
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    let digits = Array("0123456789abcdef".utf8)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
