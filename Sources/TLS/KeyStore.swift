internal import COpenSSL
internal import Synchronization

/// Private keys that OpenSSL's stores keep: tokens and HSMs (`pkcs11:…`), and whatever else a provider knows.
///
/// A provider that knows the URI's scheme is asked first (`OSSL_STORE`). Where none does, `pkcs11:` goes to the engine of
/// libp11, which is what AWS's ACM for Nitro Enclaves and Debian 12 have. Either finds the token's library as it always
/// does: through openssl.cnf, `PKCS11_MODULE_PATH`, or p11-kit.
///
/// To be used before a process gives up its rights: modules are libraries, tokens are files or devices. A PIN that is
/// wrong counts against the token's limit, so nobody should try again on its own.
public enum KeyStore {
    /// Opens the private key that `uri` names. No PIN appears in an error or in the key's label.
    public static func open(uri: String) throws(TLSError) -> PrivateKey {
        let uri = try StoreURI(uri)
        ERR_clear_error()
        if unsafe hasLoader(uri.scheme) { return try openStore(uri) }
        guard uri.scheme == "pkcs11" else {
            throw .keyStore(
                label: uri.label,
                reason: "no OpenSSL provider knows \"\(uri.scheme):\"; openssl.cnf says which are loaded")
        }
        return try openEngine(uri)
    }

    @unsafe
    private static func hasLoader(_ scheme: String) -> Bool {
        let loader = unsafe OSSL_STORE_LOADER_fetch(nil, scheme, nil)
        defer { unsafe OSSL_STORE_LOADER_free(loader) }
        ERR_clear_error()
        return unsafe loader != nil
    }

    // MARK: Providers

    private static func openStore(_ uri: StoreURI) throws(TLSError) -> PrivateKey {
        // The null method: nobody is asked at a terminal.
        guard let store = unsafe OSSL_STORE_open(uri.complete, UI_null(), nil, nil, nil) else {
            throw .keyStore(label: uri.label, reason: allReasons())
        }
        defer { unsafe OSSL_STORE_close(store) }
        unsafe OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY)
        var found: [PrivateKey] = []
        while unsafe OSSL_STORE_eof(store) == 0 {
            guard let entry = unsafe OSSL_STORE_load(store) else {
                if unsafe OSSL_STORE_error(store) != 0 { break }
                continue
            }
            defer { unsafe OSSL_STORE_INFO_free(entry) }
            guard let key = unsafe OSSL_STORE_INFO_get1_PKEY(entry) else { continue }
            unsafe found.append(PrivateKey(owning: key, label: uri.label))
        }
        guard let key = found.first else {
            throw .keyStore(label: uri.label, reason: allReasons())
        }
        ERR_clear_error()
        guard found.count == 1 else { throw .keyStore(label: uri.label, reason: ambiguous) }
        return key
    }

    // MARK: The engine

    /// Loaded once; never unloaded, since its keys need it, and because libp11 doesn't take that well.
    private static let engine = Mutex<UInt?>(nil)

    private static func openEngine(_ uri: StoreURI) throws(TLSError) -> PrivateKey {
        // The engine would take the first object that it comes across.
        guard uri.namesObject else { throw .keyStore(label: uri.label, reason: ambiguous) }
        let pin = try uri.readPIN()
        let result = engine.withLock { engine -> Result<PrivateKey, TLSError> in
            if engine == nil { engine = unsafe shim_ENGINE_open("pkcs11").map { UInt(bitPattern: $0) } }
            guard let opened = unsafe engine.flatMap({ unsafe OpaquePointer(bitPattern: $0) }) else {
                ERR_clear_error()
                return .failure(.keyStore(label: uri.label, reason: noEngine))
            }
            guard let key = unsafe load(opened, uri.bare, pin) else {
                return .failure(.keyStore(label: uri.label, reason: engineReason(hasPIN: pin != nil)))
            }
            ERR_clear_error()
            return unsafe .success(PrivateKey(owning: key, label: uri.label))
        }
        return try result.get()
    }

    @unsafe
    private static func load(_ engine: OpaquePointer, _ uri: String, _ pin: String?) -> OpaquePointer? {
        guard let pin else { return unsafe shim_ENGINE_load_private_key(engine, uri, nil) }
        return unsafe shim_ENGINE_load_private_key(engine, uri, pin)
    }

    // MARK: Words

    private static let ambiguous =
        "several keys may match; name one with object= or id="
    private static let noEngine =
        "neither a provider nor an engine for PKCS#11 is installed "
        + "(Debian 12: apt install libengine-pkcs11-openssl; newer: pkcs11-provider)"

    /// Why the engine found no key.
    private static func engineReason(hasPIN: Bool) -> String {
        let reasons = reasons()
        let words = reasons.joined(separator: ", ")
        if reasons.contains("PIN incorrect") { return "the PIN is wrong; it was tried once" }
        if reasons.contains(where: { $0.contains("PIN") }) { return words }
        let notFound = reasons.isEmpty || reasons.contains("object not found")
        if notFound && !hasPIN {
            return "no such private key is to be seen without a PIN; add ?pin-source=/path/of/a/file"
        }
        if notFound {
            return "no such private key in any token; "
                + "look with pkcs11-tool --list-objects, and at PKCS11_MODULE_PATH, which names the token's library"
        }
        return words
    }

    private static func allReasons() -> String {
        let words = reasons().joined(separator: ", ")
        // Providers say little: the one for PKCS#11 finds nothing when the PIN is wrong.
        return words.isEmpty ? "no such private key is there, or its PIN is missing or wrong" : words
    }

    /// What OpenSSL's error queue says, oldest first; it is empty afterwards. The library's words are fixed texts; none
    /// holds what it was given.
    private static func reasons() -> [String] {
        var found: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            // What follows from the rest.
            guard let text = reasonText(code), text != "failed loading private key", !found.contains(text) else {
                continue
            }
            found.append(text)
        }
        return found
    }
}
