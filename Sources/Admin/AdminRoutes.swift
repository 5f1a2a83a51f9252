internal import Bytes
internal import HTTP1
internal import JSON
internal import Telemetry

/// Which answer a request gets. Knows nothing of connections.
struct AdminRoutes {
    private weak var source: (any AdminSource)?
    private let hosts: HostGuard

    init(source: any AdminSource, hosts: HostGuard) {
        self.source = source
        self.hosts = hosts
    }

    /// What there is, for those who ask for something else.
    static let paths = ["/healthz", "/readyz", "/metrics", "/status", "/status.json", "/status.html", "/nginx_status"]

    /// The answer to a request with this head.
    func answer(_ head: RequestHead) -> AdminAnswer {
        guard hosts.admits(head) else {
            return AdminAnswer(
                421,
                "this server does not answer under that name; ask for its IP address or localhost, or list the name in "
                    + "admin.hostNames")
        }
        let path = head.path
        guard path == "/" || Self.paths.contains(path) else {
            return AdminAnswer(404, "there is no such page here; there are / and \(Self.paths.joined(separator: ", "))")
        }
        guard head.method == "GET" || head.method == "HEAD" else {
            var answer = AdminAnswer(405, "only GET and HEAD are answered here")
            answer.fields.append("Allow", "GET, HEAD")
            return answer
        }
        guard let source else { return AdminAnswer(503, "the process is ending") }
        switch path {
        case "/healthz": return AdminAnswer(200, "ok")
        case "/readyz": return readiness(source)
        case "/metrics": return AdminAnswer(200, .metrics, metrics(source))
        case "/status.json": return status(source)
        case "/nginx_status": return AdminAnswer(200, .text, StubStatus.render(source.board.total()))
        case "/status":
            var answer = MediaPreference.wantsPage(head.fields) ? StatusPage.answer() : status(source)
            answer.fields.append("Vary", "Accept")
            return answer
        default: return StatusPage.answer()
        }
    }

    private func metrics(_ source: any AdminSource) -> [UInt8] {
        let now = UnixTime(seconds: source.unixNanoseconds / 1_000_000_000)
        return PrometheusText.render(source.board, version: source.facts.version, at: now)
    }

    private func readiness(_ source: any AdminSource) -> AdminAnswer {
        let reasons = StatusReport(source).reasonsNotReady
        return reasons.isEmpty ? AdminAnswer(200, "ready") : AdminAnswer(503, reasons.joined(separator: "\n"))
    }

    private func status(_ source: any AdminSource) -> AdminAnswer {
        AdminAnswer(200, .json, JSON.serialize(StatusReport(source).json, pretty: true) + [0x0A])
    }
}
