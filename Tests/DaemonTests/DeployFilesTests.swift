import Foundation
import JSON
import Settings
import Telemetry
import Testing

/// The files under deploy/: each is given to the program that it is for, and they agree with the daemon and each other.
@Suite struct DeployFilesTests {
    // MARK: systemd

    @Test(
        .enabled(if: Tool.isThere("systemd-analyze"), "systemd-analyze isn't installed"),
        arguments: [nil, "unprivileged", "pkcs11"] as [String?])
    func systemdTakesTheUnits(dropIn: String?) throws {
        let units = try Units(with: dropIn)
        defer { units.remove() }
        let answer = try Tool.run("systemd-analyze", ["verify", "--man=no", units.service, units.socket])
        #expect(answer.output.isEmpty)
        #expect(answer.status == 0)
    }

    @Test(.enabled(if: Tool.isThere("systemd-analyze"), "systemd-analyze isn't installed"))
    func theServiceExposesLittle() throws {
        let units = try Units(with: nil)
        defer { units.remove() }
        // In tenths; a service without any of it has 96.
        let answer = try Tool.run(
            "systemd-analyze", ["security", "--offline=true", "--threshold=27", "--no-pager", units.service])
        #expect(answer.status == 0, "\(answer.output.suffix(200))")
    }

    @Test func theUnitsHaveTheTimesAndPortsOfTheDefaults() throws {
        let service = try UnitFile("deploy/systemd/secure-proxy.service")
        let stop = try #require(service.seconds("TimeoutStopSec"))
        #expect(.seconds(stop) > Defaults.shutdownTimeout + Defaults.closeTimeout)
        let start = try #require(service.seconds("TimeoutStartSec"))
        #expect(.seconds(start) > Defaults.workerStartTimeout)
        #expect(service.values("Type") == ["notify"])
        let socket = try UnitFile("deploy/systemd/secure-proxy.socket")
        #expect(socket.values("ListenStream") == [Defaults.bridgePorts.description, Defaults.oauthPorts.description])
        #expect(socket.values("Backlog") == ["\(Defaults.listenBacklog)"])
    }

    @Test func theSettingsFitTheUnit() throws {
        let settings = try Self.settings()
        let service = try UnitFile("deploy/systemd/secure-proxy.service")
        for key in ["ExecStart", "ExecReload"] {
            #expect(service.values(key).first?.hasSuffix("--config /etc/secure-proxy/proxy.json") == true)
        }
        #expect(service.values("LogsDirectory").map { "/var/log/\($0)" } == [settings.logs.directory])
        #expect(settings.pidFile.hasPrefix("/run/\(service.values("RuntimeDirectory").joined())/"))
        let jail = try #require(settings.security.jailBaseDir)
        let state = service.values("StateDirectory").flatMap { $0.split(separator: " ") }.map { "/var/lib/\($0)" }
        #expect(state.contains(jail))
        let descriptors = try #require(service.values("LimitNOFILE").first.flatMap(Int.init))
        #expect(descriptors >= settings.proxy.workerConnections * 2 + 64)
        #expect(settings.singleProcessProblem == nil)
        #expect(settings.warnings.isEmpty)
    }

    @Test(.enabled(if: Tool.isThere("systemd-sysusers"), "systemd-sysusers isn't installed"))
    func systemdTakesTheUser() throws {
        let path = Deploy.path("deploy/sysusers/secure-proxy.conf")
        let answer = try Tool.run("systemd-sysusers", ["--dry-run", path])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try Deploy.text("deploy/sysusers/secure-proxy.conf").contains(try Self.settings().security.user))
    }

    @Test(
        .enabled(if: Tool.isThere("systemd-tmpfiles"), "systemd-tmpfiles isn't installed"),
        .enabled(if: geteuid() == 0, "needs root: the directories belong to root"))
    func systemdMakesTheDirectories() throws {
        let root = try Deploy.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        let answer = try Tool.run(
            "systemd-tmpfiles", ["--create", "--root=\(root)", Deploy.path("deploy/tmpfiles/secure-proxy.conf")])
        #expect(answer.output.isEmpty && answer.status == 0, "\(answer.output)")
        let settings = try Self.settings()
        for path in [settings.logs.directory, "/run/secure-proxy", settings.security.jailBaseDir ?? ""] {
            #expect(FileManager.default.fileExists(atPath: root + path), "\(path)")
        }
        let keys = try FileManager.default.attributesOfItem(atPath: root + "/etc/secure-proxy/certs")
        #expect(keys[.posixPermissions] as? Int == 0o700)
    }

    // MARK: Logs and kernel

    @Test(.enabled(if: Tool.isThere("logrotate"), "logrotate isn't installed"))
    func logrotateTakesItsFile() throws {
        let directory = try Deploy.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // A copy: logrotate refuses files of strangers.
        let copy = "\(directory)/secure-proxy"
        try Deploy.text("deploy/logrotate/secure-proxy").write(toFile: copy, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
        let answer = try Tool.run("logrotate", ["-d", "-s", "\(directory)/state", copy])
        #expect(answer.status == 0 && !answer.output.contains("error:"), "\(answer.output)")
        #expect(answer.output.contains("Handling 1 logs"))
    }

    @Test func rotationFindsLogsAndProcess() throws {
        let settings = try Self.settings()
        let text = try Deploy.text("deploy/logrotate/secure-proxy")
        #expect(text.contains("\n\(settings.logs.directory)/*.log {"))
        #expect(settings.logs.paths.allSatisfy { $0.hasPrefix(settings.logs.directory + "/") && $0.hasSuffix(".log") })
        #expect(text.contains("kill -USR1 \"$(cat \(settings.pidFile))\""))
    }

    @Test func theKernelsSettingsAreWellFormed() throws {
        var values: [String: String] = [:]
        for line in try Deploy.text("deploy/sysctl/60-secure-proxy.conf").split(separator: "\n")
        where !line.hasPrefix("#") {
            let parts = line.split(separator: " = ", maxSplits: 1).map(String.init)
            try #require(parts.count == 2, "\(line)")
            values[parts[0]] = parts[1]
        }
        let reserved = try #require(values["net.ipv4.ip_local_reserved_ports"]).split(separator: ",")
            .compactMap { PortRange(String($0)) }
        let settings = try Self.settings()
        for port in settings.listeners.flatMap(\.ports.ports) + [settings.admin.port] {
            #expect(reserved.contains { $0.ports.contains(port) }, "port \(port)")
        }
        let backlog = try #require(values["net.core.somaxconn"].flatMap(Int.init))
        #expect(backlog >= settings.limits.listenBacklog)
    }

    // MARK: Metrics

    @Test func cloudWatchCollectsTheThreeLogsForTwoWeeks() throws {
        let file = try JSON.parse(Deploy.text("deploy/cloudwatch/amazon-cloudwatch-agent.json"))
        let list = try #require(file["logs"]?["logs_collected"]?["files"]?["collect_list"]?.array)
        #expect(list.compactMap { $0["file_path"]?.string } == (try Self.settings().logs.paths))
        #expect(list.allSatisfy { $0["retention_in_days"] == 14 && $0["log_group_name"] == "SecureProxy" })
        let prometheus = try #require(file["logs"]?["metrics_collected"]?["prometheus"])
        #expect(
            prometheus["prometheus_config_path"] == "/usr/local/share/secure-proxy/cloudwatch/prometheus.yaml")
        // CloudWatch takes counters and gauges only.
        let histograms = MetricName.allCases.filter { $0.kind == .histogram }.map(\.text)
        let units = try #require(prometheus["emf_processor"]?["metric_unit"]?.object)
        for name in units.keys { #expect(!histograms.contains(name), "\(name)") }
        let selectors = (prometheus["emf_processor"]?["metric_declaration"]?.array ?? [])
            .flatMap { $0["metric_selectors"]?.array?.compactMap(\.string) ?? [] }
        #expect(Set(selectors) == Set(units.keys.map { "^\($0)$" }))
    }

    @Test func cloudWatchsDimensionsAreLabels() throws {
        let file = try JSON.parse(Deploy.text("deploy/cloudwatch/amazon-cloudwatch-agent.json"))
        let processor = file["logs"]?["metrics_collected"]?["prometheus"]?["emf_processor"]
        for declaration in try #require(processor?["metric_declaration"]?.array) {
            let labels = declaration["dimensions"]?[0]?.array?.compactMap(\.string) ?? []
            for selector in declaration["metric_selectors"]?.array?.compactMap(\.string) ?? [] {
                let name = MetricName.allCases.first { "^\($0.text)$" == selector }
                #expect(name.map { Set($0.labels + ["instance"]) } == Set(labels), "\(selector)")
            }
        }
    }

    @Test func everyMetricThatIsNamedIsThere() throws {
        var known = Set(MetricName.allCases.map(\.text))
        for name in MetricName.allCases where name.kind == .histogram {
            known.formUnion(["bucket", "sum", "count"].map { "\(name.text)_\($0)" })
        }
        let files = try Deploy.files("deploy") + Deploy.files("docs")
        var found = 0
        for file in files {
            for match in try Deploy.text(file).matches(of: /secure_proxy_[a-z0-9_]*[a-z0-9]/) {
                let isKnown = known.contains(String(match.output))
                #expect(isKnown, "\(match.output) in \(file)")
                found += 1
            }
        }
        #expect(found > 50)
    }

    @Test func theDashboardAndTheAlertsAskForLabelsThatExist() throws {
        let dashboard = try JSON.parse(Deploy.text("deploy/grafana/secure-proxy.json"))
        let panels = try #require(dashboard["panels"]?.array)
        var expressions = panels.flatMap { $0["targets"]?.array ?? [] }.compactMap { $0["expr"]?.string }
        #expect(expressions.count > 30)
        expressions += try Deploy.text("deploy/prometheus/alerts.yaml").split(separator: "\n")
            .filter { $0.contains(" expr: ") }.map(String.init)
        for expression in expressions {
            let names = MetricName.allCases.filter { expression.contains($0.text) }
            let known = Set(names.flatMap(\.labels) + ["instance", "job", "le"])
            for match in expression.matches(of: /([a-z_]+)(?:=~|!=|=)"/) {
                #expect(known.contains(String(match.output.1)), "\(match.output.1) in \(expression)")
            }
            for match in expression.matches(of: /by \(([a-z_, ]+)\)/) {
                for label in match.output.1.split(separator: ", ") {
                    #expect(known.contains(String(label)), "\(label) in \(expression)")
                }
            }
        }
        let ids = panels.compactMap { $0["id"] }
        #expect(Set(ids.map { JSON.text($0) }).count == panels.count)
    }

    @Test(.enabled(if: Tool.succeeds("python3", ["-c", "import yaml"]), "Python's yaml isn't installed"))
    func theYAMLFilesAreSome() throws {
        for file in try Deploy.files("deploy") + ["docker/compose.yaml"] where file.hasSuffix(".yaml") {
            let answer = try Tool.run(
                "python3",
                [
                    "-c", "import sys, yaml; assert isinstance(yaml.safe_load(open(sys.argv[1])), dict)",
                    Deploy.path(file),
                ])
            #expect(answer.status == 0, "\(file): \(answer.output)")
        }
    }

    @Test func theJSONFilesAreSome() throws {
        let files = try Deploy.files("deploy").filter { $0.hasSuffix(".json") } + ["docker/proxy.json"]
        #expect(files.count == 4)
        for file in files { #expect(try JSON.parse(Deploy.text(file)).object != nil, "\(file)") }
        let image = try Deploy.text("docker/proxy.json")
        _ = try Settings.load(text: Array(image.utf8), file: "docker/proxy.json")
    }

    // MARK: Installation

    @Test(.enabled(if: Tool.isThere("shellcheck"), "shellcheck isn't installed"))
    func theScriptIsSound() throws {
        let answer = try Tool.run("shellcheck", [Deploy.path("deploy/install.sh")])
        #expect(answer.status == 0, "\(answer.output)")
    }

    @Test(arguments: [("/usr/local", "/usr/local/lib"), ("/opt/proxy", "/etc")])
    func installingTwiceKeepsTheSettingsAndRemovingLeavesThem(prefix: String, lib: String) throws {
        let root = try Deploy.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        let common = [Deploy.path("deploy/install.sh"), "--destdir", root, "--prefix", prefix, "--binary", "/bin/true"]
        var answer = try Tool.run("bash", common)
        #expect(answer.status == 0, "\(answer.output)")
        let unit = try String(contentsOfFile: "\(root)\(lib)/systemd/system/secure-proxy.service", encoding: .utf8)
        #expect(unit.contains("ExecStart=\(prefix)/sbin/secure-proxy run"))
        #expect(FileManager.default.isExecutableFile(atPath: "\(root)\(prefix)/sbin/secure-proxy"))

        let settings = "\(root)/etc/secure-proxy/proxy.json"
        try "mine".write(toFile: settings, atomically: false, encoding: .utf8)
        answer = try Tool.run("bash", common)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try String(contentsOfFile: settings, encoding: .utf8) == "mine")

        answer = try Tool.run("bash", common + ["--uninstall"])
        #expect(answer.status == 0, "\(answer.output)")
        let left = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
            .filter { Deploy.isFile("\(root)/\($0)") }
        #expect(left == ["etc/secure-proxy/proxy.json"])
    }

    private static func settings() throws -> Settings {
        let text = try Deploy.text("deploy/proxy.json")
        return try Settings.load(text: Array(text.utf8), file: "/etc/secure-proxy/proxy.json")
    }
}

/// Files of the repository.
private enum Deploy {
    static func path(_ path: String, from source: String = #filePath) -> String {
        URL(fileURLWithPath: source).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(path).path
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: self.path(path), encoding: .utf8)
    }

    /// The text files below a folder, by their paths in the repository.
    static func files(_ folder: String) throws -> [String] {
        let root = URL(fileURLWithPath: path(folder)).resolvingSymlinksInPath()
        return try FileManager.default.subpathsOfDirectory(atPath: root.path)
            .filter { isFile("\(root.path)/\($0)") && !$0.hasSuffix(".png") }
            .map { "\(folder)/\($0)" }.sorted()
    }

    static func isFile(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.type] as? FileAttributeType == .typeRegular
    }

    static func temporaryDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("deploy-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// The units in a directory of their own, with a program that is on every machine in place of the daemon's.
private struct Units {
    let directory: String
    var service: String { "\(directory)/secure-proxy.service" }
    var socket: String { "\(directory)/secure-proxy.socket" }

    /// - Parameter dropIn: the name of an example under deploy/systemd/secure-proxy.service.d.
    init(with dropIn: String?) throws {
        directory = try Deploy.temporaryDirectory()
        let text = try Deploy.text("deploy/systemd/secure-proxy.service")
            .replacingOccurrences(of: "/usr/local/sbin/secure-proxy", with: "/bin/true")
        try text.write(toFile: service, atomically: false, encoding: .utf8)
        try Deploy.text("deploy/systemd/secure-proxy.socket").write(toFile: socket, atomically: false, encoding: .utf8)
        guard let dropIn else { return }
        let folder = "\(directory)/secure-proxy.service.d"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Deploy.text("deploy/systemd/secure-proxy.service.d/\(dropIn).conf.example")
            .write(toFile: "\(folder)/\(dropIn).conf", atomically: false, encoding: .utf8)
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }
}

/// What a unit file assigns.
private struct UnitFile {
    private var lines: [(key: String, value: String)] = []

    init(_ path: String) throws {
        for line in try Deploy.text(path).split(separator: "\n") where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            lines.append((String(line[..<equals]), String(line[line.index(after: equals)...])))
        }
    }

    func values(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }

    func seconds(_ key: String) -> Int? { values(key).first.flatMap { Int($0.dropLast()) } }
}

/// Other people's programs.
private enum Tool {
    static func isThere(_ name: String) -> Bool { succeeds("sh", ["-c", "command -v \(name)"]) }

    static func succeeds(_ name: String, _ arguments: [String]) -> Bool {
        (try? run(name, arguments).status) == 0
    }

    /// Runs a program to its end.
    static func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.environment = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
        ]
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
