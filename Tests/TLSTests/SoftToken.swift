import Glibc

/// A PKCS#11 token of SoftHSM, in a directory of its own, made once for all tests of this process.
///
/// SoftHSM and the engine read their environment when they are loaded, so it is set before that and stays.
final class SoftToken: Sendable {
    /// The PIN of its user.
    static let pin = "7364"
    /// Its name.
    static let name = "secure-proxy-tests"
    let directory: String

    private static let module = "/usr/lib/softhsm/libsofthsm2.so"
    private static let tools = ["/usr/bin/softhsm2-util", "/usr/bin/pkcs11-tool"]
    private static let engines = [
        "/usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so", "/usr/lib/aarch64-linux-gnu/engines-3/pkcs11.so",
    ]

    /// Whether softhsm2, opensc and libengine-pkcs11-openssl are installed.
    static let isAvailable =
        (tools + [module]).allSatisfy { unsafe access($0, R_OK) == 0 }
        && engines.contains { unsafe access($0, R_OK) == 0 }

    /// The token, with an EC key `made` (02) that was made in it, an RSA key `brought` (01) that was imported, and two
    /// keys called `twin` (03 and 04).
    static let shared: SoftToken = orFail { try SoftToken() }

    private struct ToolFailed: Error { var arguments: [String] }

    private init() throws {
        var template = Array("/tmp/secure-proxy-token.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ToolFailed(arguments: ["mkdtemp"]) }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try write(
            "softhsm2.conf", "directories.tokendir = \(directory)\nobjectstore.backend = file\nlog.level = ERROR\n")
        try write("pin", Self.pin + "\n")
        try write("wrong-pin", "0000\n")
        try write("key.pem", String(decoding: IssuedKey[.rsa2048].keyPEM, as: UTF8.self))
        unsafe setenv("SOFTHSM2_CONF", directory + "/softhsm2.conf", 1)
        unsafe setenv("PKCS11_MODULE_PATH", Self.module, 1)
        atexit {
            // The last to go: the token's files.
            _ = try? SoftToken.run(["/bin/rm", "-rf", SoftToken.shared.directory])
        }
        let (user, token) = (["--pin", Self.pin], ["--token", Self.name])
        try Self.run([Self.tools[0], "--init-token", "--free", "--label", Self.name, "--so-pin", "99999"] + user)
        try Self.run(
            [Self.tools[0], "--import", directory + "/key.pem", "--label", "brought", "--id", "01"] + token + user)
        for (label, id) in [("made", "02"), ("twin", "03"), ("twin", "04")] {
            try Self.run(
                [Self.tools[1], "--module", Self.module, "--token-label", Self.name, "--login", "--keypairgen"]
                    + ["--key-type", "EC:prime256v1", "--label", label, "--id", id] + user)
        }
    }

    /// The path of a file in the token's directory.
    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// The URI of a key, with what stands behind the `?`.
    func uri(_ object: String, _ query: String) -> String { "pkcs11:token=\(Self.name);\(object)?\(query)" }

    private func write(_ name: String, _ text: String) throws {
        guard let file = unsafe fopen(path(name), "w") else { throw ToolFailed(arguments: ["fopen", name]) }
        unsafe fputs(text, file)
        unsafe fclose(file)
    }

    /// Runs a program and waits for it; its words go nowhere.
    @discardableResult
    private static func run(_ arguments: [String]) throws -> Bool {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var process: pid_t = 0
        var status: Int32 = -1
        guard unsafe posix_spawn(&process, arguments[0], &actions, nil, &words, environ) == 0,
            unsafe waitpid(process, &status, 0) == process, status == 0
        else { throw ToolFailed(arguments: arguments) }
        return true
    }
}
