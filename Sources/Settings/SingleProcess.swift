internal import JSON

// What needs a process of its own, and so can't be had with `proxyWorkerProcesses` 0.

extension Settings {
    /// Why these settings can't run as a single process (`proxyWorkerProcesses` 0, or `--workers 0`), with what to do
    /// about it; nil when they can.
    public var singleProcessProblem: String? {
        guard let problem = singleProcessFinding else { return nil }
        return "\(problem.path): \(problem.problem); \(problem.remedy)"
    }

    /// The same with its place.
    private var singleProcessFinding: (path: String, problem: String, remedy: String)? {
        if security.keyIsolation {
            return (
                "security.keyIsolation", "a single process can't keep keys from itself",
                "run at least one worker process, or set keyIsolation to false"
            )
        }
        guard let (section, pair) = namedKeys.first(where: { $0.files.keyURI != nil }) else { return nil }
        return (
            section,
            "the key \(pair.keyName) is used by a process of its own, and with 0 worker processes there is none",
            "run at least one worker process, or name a key file"
        )
    }

    /// Refuses such settings when the file itself asks for one process.
    func checkProcesses(_ root: Section) {
        guard proxy.workerProcesses == .fixed(0), let finding = singleProcessFinding else { return }
        root.report.problem(
            JSONPath(finding.path.split(separator: ".").map { .key(String($0)) }), finding.problem,
            remedy: finding.remedy)
    }
}
