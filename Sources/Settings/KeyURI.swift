// A private key that isn't a file: the URI of an object in an OpenSSL store, such as `pkcs11:token=proxy;object=tls`
// (RFC 7512). It is kept as written; who opens it says what is wrong with it.

extension CertificateFiles {
    /// The key as an OpenSSL store has it, such as `pkcs11:…`; nil when ``key`` is a file.
    public var keyURI: String? { Self.isURI(key) ? key : nil }

    /// The key as messages show it: the path or the URI, without a PIN.
    public var keyName: String { Self.isURI(key) ? Self.withoutPIN(key) : key }

    /// Whether the settings file holds the PIN itself.
    var containsPIN: Bool { keyName != key }

    /// Whether `text` begins with a scheme (RFC 3986 section 3.1). One of a single letter doesn't count, nor one with a
    /// dot: `key.pem:old` is a file.
    static func isURI(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        guard scheme.count > 1, let first = scheme.first, isLetter(first) else { return false }
        return scheme.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// `uri` with the values of `pin-value` attributes left out. Attributes end at `;` in the path and at `&` in the
    /// query (RFC 7512 section 2.3); a PIN itself has those percent-encoded.
    private static func withoutPIN(_ uri: String) -> String {
        var shown = ""
        var attribute = ""
        func finish() {
            shown += attribute.lowercased().hasPrefix("pin-value=") ? "pin-value=…" : attribute
            attribute = ""
        }
        for scalar in uri.unicodeScalars {
            switch scalar {
            case ":" where shown.isEmpty, ";", "&", "?":
                finish()
                shown.unicodeScalars.append(scalar)
            default: attribute.unicodeScalars.append(scalar)
            }
        }
        finish()
        return shown
    }
}

extension Settings {
    /// Every certificate with its key that the file names, and the section that names it.
    var namedKeys: [(section: String, files: CertificateFiles)] {
        var keys = tls.certificates.map { (section: "tls", files: $0) }
        for (section, certificate, key) in [
            ("oidc", oidc.certificate, oidc.key), ("gateway", gateway.certificate, gateway.key),
        ] {
            guard let certificate, let key else { continue }
            keys.append((section, CertificateFiles(certificate: certificate, key: key)))
        }
        return keys
    }
}

extension Section {
    /// Reads the path of a private key, or its URI, which isn't a path and stays as it is.
    func key(_ name: String, _ target: inout String?, from directory: String) {
        var text: String?
        file(name, &text, from: "")
        guard let text else { return }
        target = CertificateFiles.isURI(text) ? text : Self.resolve(text, from: directory)
    }
}
