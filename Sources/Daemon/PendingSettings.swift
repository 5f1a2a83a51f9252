internal import Settings

extension Settings {
    /// The settings that this version takes and doesn't act upon yet, in one sentence; nil when there are none.
    ///
    /// - Parameter workers: worker processes wanted on the command line, in place of `proxyWorkerProcesses`.
    func pendingNotice(workers: Int? = nil) -> String? {
        let count = workers.map(WorkerCount.fixed) ?? proxy.workerProcesses
        var names: [String] = []
        if count != .fixed(0) {
            names.append("proxyWorkerProcesses (\(count))")
            names.append("security.user (\(security.user))")
            if security.sandbox { names.append("security.sandbox") }
        }
        if let group = security.group { names.append("security.group (\(group))") }
        if let jail = security.jailBaseDir { names.append("jailBaseDir (\(jail))") }
        if admin.enabled { names.append("admin (\(admin.address):\(admin.port))") }
        guard !names.isEmpty else { return nil }
        return "everything runs in one process; \(names.joined(separator: ", ")) "
            + "take effect with worker processes, which this version does not start yet"
    }
}
