/// What a ``SteadyLoad`` saw, counted.
public struct LoadReport: Sendable {
    // MARK: What went well

    /// Tunnels that are open now.
    public var open = 0
    /// Tunnels that were opened, again ones included.
    public var opened = 0
    /// Blocks that came back whole.
    public var messages = 0
    /// Their bytes.
    public var bytes = 0
    /// Short visits from the connection to the answered Close.
    public var upgrades = 0
    /// Short visits under way.
    public var visiting = 0
    /// Tunnels that the proxy closed with 1001 or 1012: whoever sees that comes again.
    public var sentAway = 0
    /// The fingerprints of the certificates that short visits were shown.
    public var certificates: Set<String> = []

    // MARK: What went wrong

    /// No TCP connection: the port was closed for a moment.
    public var refused = 0
    /// A connection that broke before the answer to the upgrade, or had none in time.
    public var unanswered = 0
    /// Upgrades answered with something else than 101.
    public var rejected = 0
    /// Open WebSockets that ended without a Close, or with another one than is expected here.
    public var brokenOff = 0
    /// WebSockets with lost, changed or doubled bytes.
    public var corrupt = 0
    /// WebSockets on which nothing came back for too long.
    public var silent = 0
    /// Short visits that weren't begun because too many were under way: the machine is too slow for the plan.
    public var skipped = 0
    /// The first things that went wrong, in words.
    public var troubles: [String] = []

    /// Connections that ended in the middle, as those of a killed worker do.
    public var cutOff: Int { unanswered + brokenOff }

    /// Whether nothing went wrong.
    public var isFlawless: Bool { cutOff == 0 && isFlawlessButForCutOffs }

    /// Whether nothing went wrong except that connections ended in the middle.
    public var isFlawlessButForCutOffs: Bool { refused + rejected + corrupt + silent == 0 }

    /// All of it, for messages.
    public var account: String {
        let good =
            "\(open) open of \(opened) opened, \(messages) messages, \(bytes) bytes, \(upgrades) visits, "
            + "\(sentAway) sent away, \(certificates.count) certificates"
        let bad =
            "\(refused) refused, \(unanswered) unanswered, \(rejected) rejected, \(brokenOff) broken off, "
            + "\(corrupt) corrupt, \(silent) silent, \(skipped) skipped"
        return ([good, bad] + troubles).joined(separator: "\n")
    }

    mutating func note(_ trouble: String) {
        if troubles.count < 40 { troubles.append(trouble) }
    }
}
