import Glibc
import JSON

/// Other people's published test vectors. They are no part of the project: they are read from `../shared/vectors`
/// beside the checkout, or from the directory that `SECURE_PROXY_VECTORS` names. Without them these tests are skipped
/// and say so.
enum PublishedVectors {
    /// What a skipped test says.
    static let absence: String =
        "the published vectors are not in ../shared/vectors; name their directory in SECURE_PROXY_VECTORS"

    /// Whether there are any.
    static var arePresent: Bool { read("wycheproof/json_web_signature_test.json") != nil }

    /// The JSON in the file `name`; nil when it can't be read.
    static func json(_ name: String) -> JSONValue? { read(name).flatMap { try? JSON.parse($0) } }

    private static var directory: String {
        if let named = unsafe getenv("SECURE_PROXY_VECTORS") { return unsafe String(cString: named) }
        // Tests/JOSETests/PublishedVectors.swift: the checkout is three levels up.
        let checkout = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(checkout)/../shared/vectors"
    }

    private static func read(_ name: String) -> [UInt8]? {
        guard let file = unsafe fopen("\(directory)/\(name)", "r") else { return nil }
        defer { unsafe fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            if count == 0 { return content }
            content += chunk[..<count]
        }
    }
}
