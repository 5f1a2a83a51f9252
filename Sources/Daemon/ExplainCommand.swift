/// What `secure-proxy explain` can explain.
public enum ExplainTopic: String, CaseIterable, Sendable {
    /// Status and close codes.
    case answers
    /// The programs' exit codes.
    case exitCodes = "exit-codes"
    /// What the daemon does on which signal.
    case signals
    /// Which files it reads and writes.
    case files

    /// The topic in a few words.
    public var summary: String {
        switch self {
        case .answers: "status and close codes that clients see, and what to do about them"
        case .exitCodes: "how the commands end"
        case .signals: "what the daemon does on which signal"
        case .files: "what is read and written"
        }
    }

    var text: String {
        switch self {
        case .answers: Answer.text
        case .exitCodes:
            """
            0  all is well; of token check: the token would be let in
            1  it failed, or tunnels had to be cut when limits.shutdownTimeout was over; of token check: the token would be
               refused, or its signature could not be checked
            2  the command line or the settings are wrong
            """
        case .signals:
            """
            TERM, INT  stop now: tunnels are closed with 1001 and have limits.closeTimeout for it
            QUIT       stop gracefully: nothing new is accepted, tunnels have limits.shutdownTimeout to end by themselves
            HUP        reload: new workers with the settings and certificates as they are now take over; the old ones finish
                       their tunnels within limits.shutdownTimeout. What is wrong with the settings is told, and changes
                       nothing. "secure-proxy reload" does the same and tells what came of it
            USR1       reopen the log files, after they have been moved away
            USR2       replace the binary: the program that is now where this one was started from takes over the sockets;
                       this one ends when its tunnels have. Should the new one fail, this one goes on
            A single process (0 workers) knows neither HUP nor USR2.
            """
        case .files:
            """
            proxy.json                read at start and reload; --config names another one. Paths in it are relative to
                                      its directory
            certs/servercert.pem,     certificate and key where tls names none; made (self-signed, for localhost) when
            certs/serverkey.pem       neither is there
            logs/nginx-error.log      what the daemon goes through: start, reload, workers, end
            logs/http-error.log       what happens with clients, backends and the provider, as logs.level has it
            logs/http-access.log      requests and tunnels, as logs.access has it
            logs/secure-proxy.pid     the master's process number; admin.pidFile names another place
            Certificates, keys and authorities named in tls, oidc, gateway and listeners are read at start and reload, by
            the master alone, and looked at every tls.reloadInterval.
            """
        }
    }
}

extension Commands {
    /// `secure-proxy explain`: a topic, or the list of topics.
    public static func explain(_ topic: ExplainTopic?, output: CommandOutput = .console) -> ExitCode {
        if let topic {
            output.print(topic.text)
        } else {
            output.print("secure-proxy explain TOPIC, where TOPIC is one of")
            for topic in ExplainTopic.allCases {
                let padding = String(repeating: " ", count: max(1, 12 - topic.rawValue.count))
                output.print("  \(topic.rawValue)\(padding)\(topic.summary)")
            }
        }
        return .success
    }
}
