// Chromium without a window, for what only a browser can tell. Time is virtual in it: as long as nothing is awaited from
// the network the page's clock runs ahead, so that half a minute of a page costs a second.
import Glibc
import System
import TestSupport
import Testing

/// A page as a browser left it.
struct BrowserOutcome: CustomStringConvertible {
    /// The document as the script left it, as HTML.
    let document: String
    /// What the page said on the console: errors of its script, violations of its policy.
    let console: [String]
    /// All that the browser said besides.
    let errors: String

    var description: String { "\(console.joined(separator: "\n"))\n\(document.suffix(6_000))\n\(errors.suffix(2_000))" }

    /// The text of the element whose attribute `name` is `value`, with its children's marks left in.
    func text(_ name: String, _ value: String) -> String? {
        guard let mark = document.range(of: "\(name)=\"\(value)\""),
            let start = document[mark.upperBound...].firstIndex(of: ">"),
            let end = document[start...].firstIndex(of: "<")
        else { return nil }
        return String(document[document.index(after: start)..<end])
    }

    /// Every curve of the page: how many points each has.
    var curves: [Int] {
        document.matches(of: /class="line[^"]*" d="([^"]*)"/).map { match in
            match.output.1.count { $0 == "M" || $0 == "L" }
        }
    }
}

/// The browser.
enum Browser {
    /// What a skipped test says.
    static let absence: Comment = "Chromium is not installed: apt-get install chromium, or set SECURE_PROXY_CHROMIUM"

    static let executable: String = {
        if let chosen = unsafe getenv("SECURE_PROXY_CHROMIUM") { return unsafe String(cString: chosen) }
        return "/usr/bin/chromium"
    }()

    static let isInstalled = File.exists(executable)

    /// Opens `url` and lets `seconds` of the page's time pass.
    ///
    /// - Parameters:
    ///   - width: of the window, in CSS pixels.
    ///   - meanwhile: is called again and again while the browser runs.
    static func open(
        _ url: String, seconds: Int = 20, width: Int = 1200, meanwhile: () throws -> Void = {}
    ) throws -> BrowserOutcome {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let process = try ChildProcess(
            executable,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--no-proxy-server", "--disable-background-networking", "--disable-component-update",
                "--disable-breakpad", "--user-data-dir=\(directory)/profile", "--enable-logging=stderr",
                "--window-size=\(width),1000", "--virtual-time-budget=\(seconds * 1_000)", "--dump-dom", url,
            ],
            environment: ["HOME": directory, "XDG_CACHE_HOME": directory, "XDG_CONFIG_HOME": directory],
            output: "\(directory)/stdout", errors: "\(directory)/stderr")
        defer { process.kill() }
        let deadline = Deadline(in: .seconds(90))
        while process.isRunning {
            if deadline.hasPassed {
                throw HarnessError("Chromium still runs: \(PeerOutput.text("\(directory)/stderr"))")
            }
            try meanwhile()
            _ = process.waitForExit(within: .milliseconds(20))
        }
        let errors = PeerOutput.text("\(directory)/stderr")
        return BrowserOutcome(
            document: PeerOutput.text("\(directory)/stdout"),
            console: errors.split(separator: "\n").filter { $0.contains(":CONSOLE") }.map(String.init), errors: errors)
    }
}

extension String {
    func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
