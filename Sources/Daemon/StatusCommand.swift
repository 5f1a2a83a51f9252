internal import JSON
internal import Settings

extension Commands {
    /// `secure-proxy status`: what the daemon with these settings does, as its admin port tells it.
    ///
    /// - Parameter isJSON: whether to print the object as it came, for scripts.
    /// - Returns: ``ExitCode/success`` when it is ready for connections; ``ExitCode/failure`` when it can't be asked or
    ///   isn't ready; ``ExitCode/usage`` for settings that can't be read.
    public static func status(settingsFile: String, isJSON: Bool = false, output: CommandOutput = .console) -> ExitCode
    {
        let settings: Settings
        switch SettingsFile.load(settingsFile) {
        case .success(let loaded): settings = loaded
        case .failure(let problem):
            output.error(problem.description)
            return .usage
        }
        guard settings.admin.enabled else {
            output.error("error: the admin port is switched off in \(settingsFile): set admin.enabled to true")
            return .failure
        }
        let answer: [UInt8]
        do throws(AdminClientError) {
            answer = try AdminClient(settings).get("/status.json")
        } catch {
            output.error("error: \(error)")
            return .failure
        }
        guard let status = try? JSON.parse(answer, limit: AdminClient.limit), status["product"] == "secure-proxy" else {
            output.error("error: the admin port's answer is not understood: the daemon may be of another version")
            return .failure
        }
        if isJSON {
            output.print(JSON.text(status, pretty: true))
        } else {
            for line in StatusText(status).lines { output.print(line) }
        }
        guard status["ready"]?.bool == true else {
            for reason in status["notReady"]?.array ?? [] {
                output.error("not ready: \(printable(reason.string ?? "for a reason unknown"))")
            }
            return .failure
        }
        return .success
    }
}
