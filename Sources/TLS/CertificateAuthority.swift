public import Bytes
internal import CLinux
internal import COpenSSL

/// A name that a certificate speaks for.
public enum SubjectName: Hashable, Sendable {
    /// A host name, perhaps with a leading `*.`.
    case dns(String)
    /// An IPv4 or IPv6 address.
    case address(String)
    /// A URI, such as a SPIFFE ID.
    case uri(String)
    /// An e-mail address.
    case email(String)

    /// This machine as its own programs call it.
    public static let localhost: [SubjectName] = [.dns("localhost"), .address("127.0.0.1"), .address("::1")]
}

/// What a new certificate says.
public struct CertificateRequest: Sendable {
    /// The subject's common name.
    public var commonName: String
    /// The subject's organizational unit.
    public var organizationalUnit: String?
    /// Subject alternative names.
    public var names: [SubjectName]
    /// The first moment of validity.
    public var notBefore: UnixTime
    /// The days of validity; more than 397 is refused by browsers.
    public var days: Int64

    /// A certificate valid from an hour before `now` (clocks differ).
    public init(commonName: String, names: [SubjectName], now: UnixTime, days: Int64 = 397) {
        self.commonName = commonName
        self.names = names
        notBefore = now.adding(seconds: -3600)
        self.days = days
    }
}

/// A certificate and its private key as PEM.
public struct IssuedCertificate: Sendable {
    /// The certificate; for one that an authority issued, without the authority's.
    public let certificatePEM: [UInt8]
    /// The private key, not encrypted.
    public let keyPEM: [UInt8]

    /// What was issued earlier.
    public init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// The same, checked, for use in a context.
    public func material(label: String) throws(TLSError) -> KeyMaterial {
        try KeyMaterial(
            certificatePEM: certificatePEM, keyPEM: keyPEM, certificateLabel: label, keyLabel: label)
    }
}

/// A small certificate authority: for the certificate that is made when none is configured, for demonstrations and
/// for tests. All keys are ECDSA P-256.
public struct CertificateAuthority: Sendable {
    /// The authority's own certificate and key.
    public let certificate: IssuedCertificate

    /// A new authority.
    public init(commonName: String, now: UnixTime, days: Int64 = 3650) throws(TLSError) {
        let request = CertificateRequest(commonName: commonName, names: [], now: now, days: days)
        certificate = try issueCertificate(request, role: .authority, issuer: nil)
    }

    /// An authority made earlier.
    public init(existing certificate: IssuedCertificate) throws(TLSError) {
        _ = try certificate.material(label: "certificate authority")
        self.certificate = certificate
    }

    /// A certificate for a server or a client (it serves both).
    public func issue(_ request: CertificateRequest) throws(TLSError) -> IssuedCertificate {
        let issuer = try certificate.material(label: "certificate authority").parsed()
        return try issueCertificate(request, role: .leaf, issuer: issuer)
    }

    /// A certificate that vouches for itself: whoever trusts it trusts this one key and nothing else, since it cannot
    /// issue others.
    public static func selfSigned(_ request: CertificateRequest) throws(TLSError) -> IssuedCertificate {
        try issueCertificate(request, role: .leaf, issuer: nil)
    }
}

private enum CertificateRole { case authority, leaf }

private func issueCertificate(
    _ request: CertificateRequest, role: CertificateRole, issuer: ParsedKeyMaterial?
) throws(TLSError) -> IssuedCertificate {
    let key = try unsafe newKey()
    defer { unsafe EVP_PKEY_free(key) }
    guard let certificate = unsafe X509_new() else { throw .library("X509_new") }
    defer { unsafe X509_free(certificate) }
    let issuerCertificate = unsafe issuer?.leaf ?? certificate
    let lifetime = request.days.multipliedReportingOverflow(by: 86_400)
    let notAfter = request.notBefore.adding(seconds: lifetime.overflow ? .max : lifetime.partialValue)

    guard unsafe X509_set_version(certificate, Int(X509_VERSION_3)) == 1,
        unsafe setRandomSerial(certificate),
        unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), Int(request.notBefore.seconds)) != nil,
        unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), Int(notAfter.seconds)) != nil,
        unsafe X509_set_pubkey(certificate, key) == 1
    else { throw .library("X509_set") }
    let subject = unsafe X509_get_subject_name(certificate)
    try unsafe addEntry(subject, "CN", request.commonName)
    if let unit = request.organizationalUnit { try unsafe addEntry(subject, "OU", unit) }
    guard unsafe X509_set_issuer_name(certificate, X509_get_subject_name(issuerCertificate)) == 1 else {
        throw .library("X509_set_issuer_name")
    }
    try unsafe addExtensions(request, role: role, to: certificate, issuer: issuerCertificate)
    guard unsafe X509_sign(certificate, issuer?.key ?? key, EVP_sha256()) > 0 else { throw .library("X509_sign") }
    return unsafe IssuedCertificate(
        certificatePEM: memoryBytes { unsafe PEM_write_bio_X509($0, certificate) },
        keyPEM: memoryBytes { unsafe PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
}

/// A new ECDSA P-256 key.
@unsafe
private func newKey() throws(TLSError) -> OpaquePointer {
    guard let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw .library("EVP_PKEY_CTX_new_id") }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_keygen_init(context) == 1,
        unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
        unsafe EVP_PKEY_keygen(context, &key) == 1, let key = unsafe key
    else { throw .library("EVP_PKEY_keygen") }
    return unsafe key
}

/// A positive serial number of 127 random bits (RFC 5280 section 4.1.2.2 allows up to 20 bytes).
@unsafe
private func setRandomSerial(_ certificate: OpaquePointer) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard unsafe RAND_bytes(&bytes, 16) == 1 else { return false }
    bytes[0] = bytes[0] & 0x7F | 0x40
    guard let number = unsafe BN_bin2bn(bytes, 16, nil) else { return false }
    defer { unsafe BN_free(number) }
    return unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
}

@unsafe
private func addEntry(_ name: OpaquePointer?, _ field: String, _ text: String) throws(TLSError) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= 64, !bytes.contains(0),
        unsafe X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0) == 1
    else {
        ERR_clear_error()
        throw .badSubjectName(text)
    }
}

@unsafe
private func addExtensions(
    _ request: CertificateRequest, role: CertificateRole, to certificate: OpaquePointer, issuer: OpaquePointer
) throws(TLSError) {
    // Order matters: the authority key identifier of a self-signed certificate is its own subject key identifier.
    var extensions = [(NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid:always")]
    switch role {
    case .authority:
        extensions.append((NID_basic_constraints, "critical,CA:TRUE"))
        extensions.append((NID_key_usage, "critical,keyCertSign,cRLSign"))
    case .leaf:
        extensions.append((NID_basic_constraints, "critical,CA:FALSE"))
        extensions.append((NID_key_usage, "critical,digitalSignature"))
        extensions.append((NID_ext_key_usage, "serverAuth,clientAuth"))
    }
    if !request.names.isEmpty {
        var names: [String] = []
        for name in request.names { names.append(try configurationText(name)) }
        extensions.append((NID_subject_alt_name, names.joined(separator: ",")))
    }
    var context = unsafe X509V3_CTX()
    unsafe X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    for (kind, value) in extensions {
        guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value) else {
            throw .library("X509V3_EXT_conf_nid")
        }
        defer { unsafe X509_EXTENSION_free(made) }
        guard unsafe X509_add_ext(certificate, made, -1) == 1 else { throw .library("X509_add_ext") }
    }
}

/// A name in the notation of OpenSSL's configuration, in which commas and spaces would begin something new.
private func configurationText(_ name: SubjectName) throws(TLSError) -> String {
    let (prefix, text) =
        switch name {
        case .dns(let text): ("DNS", text)
        case .address(let text): ("IP", text)
        case .uri(let text): ("URI", text)
        case .email(let text): ("email", text)
        }
    var address = clinux_address()
    let isUsable = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
    if case .address = name, unsafe clinux_parse_address(text, &address) != 0 { throw .badSubjectName(text) }
    // "copy" and "move" are orders to OpenSSL where an e-mail address is expected.
    let isOrder = prefix == "email" && (text == "copy" || text == "move")
    guard isUsable, !text.isEmpty, !isOrder else { throw .badSubjectName(text) }
    return prefix + ":" + text
}
