internal import JSON

// Which listeners there are: the two that `proxySettings` makes, then what `listeners` says.
//
// Rules:
// 1. `wss` (bridge) and `oauth` are there with the ports of `proxySettings`. An entry with one of these names amends
//    it; any other entry adds a listener. `"enabled": false` leaves one out.
// 2. What an entry doesn't say is as in the sections `backend`, `oidc`, `gateway` and `tls`.
// 3. No two listeners share a port at one address; the admin's included.
// 4. Each port of a bridge has a backend port of 1 or more that isn't the bridge itself.
// 5. A bridge without a token needs client certificates: it would be open to everybody.

extension Settings {
    /// A listener while it is put together: its place in the file is where errors are told.
    private struct Draft {
        var listener: ListenerSettings
        var isEnabled = true
        /// The entry of the file, or nil for one that `proxySettings` makes.
        var entry: Section?
        /// Where its ports stand.
        var portsPath: JSONPath
    }

    mutating func readListeners(_ root: Section) {
        let report = root.report
        var drafts = [
            draft("wss", .bridge, proxy.bridgePorts, JSONPath([.key("proxySettings"), .key("wssProxyBindPort")])),
            draft("oauth", .oauth, proxy.oauthPorts, JSONPath([.key("proxySettings"), .key("oAuthProxyBindPort")])),
        ]
        root.sections("listeners") { entry in
            guard let draft = readEntry(entry, drafts) else { return }
            if let index = drafts.firstIndex(where: { $0.listener.name == draft.listener.name }) {
                drafts[index] = draft
            } else {
                drafts.append(draft)
            }
        }
        if report.isListing { return }
        drafts.removeAll { !$0.isEnabled }
        checkOverlaps(drafts, report)
        checkProvider(drafts, root)
        for draft in drafts {
            switch draft.listener.kind {
            case .bridge: checkBridge(draft, drafts, report)
            case .oauth, .proxy: checkUpstream(draft, drafts, root)
            }
            checkClientCertificates(draft, report)
        }
        if drafts.isEmpty {
            report.problem(
                JSONPath([.key("listeners")]), "every listener is switched off",
                remedy: "leave \"enabled\": false out of one")
        }
        listeners = drafts.map(\.listener)
    }

    private func draft(_ name: String, _ kind: ListenerKind, _ ports: PortRange, _ path: JSONPath) -> Draft {
        var policy = oidc.policy
        policy.tokenRequired = kind == .bridge
        let listener = ListenerSettings(
            name: name, kind: kind, ports: ports, backend: backend, upstream: kind == .oauth ? gateway.upstream : nil,
            policy: policy, clientCertificate: tls.clientCertificate, clientCA: tls.clientCA)
        return Draft(listener: listener, portsPath: path)
    }

    private func readEntry(_ entry: Section, _ drafts: [Draft]) -> Draft? {
        var name: String?
        entry.text("name", &name)
        entry.require("name", "a name for logs and metrics")
        let base = drafts.first { $0.listener.name == name }
        if let earlier = base?.entry {
            entry.problem(
                "name", "\(Section.quoted(.string(name ?? ""))) is the name of \(earlier.path) too",
                remedy: "choose another name")
        } else if let name, !Self.isName(name) {
            entry.problem(
                "name", "\(Section.quoted(.string(name))) is not a listener's name",
                remedy: "use up to 32 letters, digits, hyphens and underscores")
        }

        var kind = base?.listener.kind ?? .bridge
        entry.choice("kind", &kind)
        var ports = base?.listener.ports
        entry.ports("ports", &ports)
        if ports == nil { entry.require("ports", "the port or ports to listen at, such as \"10443\"") }

        let place = entry.has("ports") ? entry.path.appending("ports") : base?.portsPath ?? entry.path
        // Without ports there is an error already; any will do to read on.
        var draft = draft(name ?? "", kind, ports ?? Defaults.bridgePorts, place)
        draft.entry = entry
        entry.flag("enabled", &draft.isEnabled)
        draft.listener.read(entry, directory)
        checkKind(draft.listener, entry)
        return ports == nil || name == nil ? nil : draft
    }

    private static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }

    /// Refuses what a listener of this kind has no use for: it would be a wish that isn't heard.
    private func checkKind(_ listener: ListenerSettings, _ entry: Section) {
        switch listener.kind {
        case .bridge:
            guard entry.has("upstream") else { return }
            entry.problem(
                "upstream", "a bridge has a backend, not an upstream",
                remedy: "write \"backend\": { \"host\": …, \"port\": … }, or \"kind\": \"proxy\"")
        case .oauth, .proxy:
            guard entry.has("backend") else { return }
            entry.problem(
                "backend", "a listener of kind \"\(listener.kind.rawValue)\" has an upstream, not a backend",
                remedy: "write \"upstream\": \"http://host:port\", or \"kind\": \"bridge\"")
        }
    }

    private func checkOverlaps(_ drafts: [Draft], _ report: Report) {
        for (index, draft) in drafts.enumerated() {
            let listener = draft.listener
            for earlier in drafts[..<index].map(\.listener)
            where listener.ports.overlaps(earlier.ports) && listener.address.collides(with: earlier.address) {
                report.problem(
                    draft.portsPath,
                    "listeners \"\(earlier.name)\" (\(earlier.ports)) and "
                        + "\"\(listener.name)\" (\(listener.ports)) share a port",
                    remedy: "give one of them other ports or another address")
            }
            guard admin.enabled, listener.ports.ports.contains(admin.port),
                listener.address.collides(with: admin.address)
            else { continue }
            report.problem(
                JSONPath([.key("admin"), .key("port")]), "port \(admin.port) is one of listener \"\(listener.name)\"'s",
                remedy: "write another port, or \"enabled\": false")
        }
    }

    private func checkBridge(_ draft: Draft, _ drafts: [Draft], _ report: Report) {
        let listener = draft.listener
        for port in listener.ports.ports {
            guard let endpoint = listener.backend.endpoint(for: port) else {
                report.problem(
                    draft.portsPath,
                    "port \(port) less the scale factor \(listener.backend.portScaleFactor) leaves no backend port",
                    remedy:
                        "listen at ports above \(listener.backend.portScaleFactor), make proxyPortScaleFactor smaller, "
                        + "or name the backend's port")
                break
            }
            let target = drafts.first { other in
                other.listener.ports.ports.contains(endpoint.port) && WebAddress.isLoopback(endpoint.host)
            }
            if let target {
                report.problem(
                    draft.portsPath,
                    "connections to port \(port) would go to \(endpoint), "
                        + "which is listener \"\(target.listener.name)\"",
                    remedy: "name another backend host or port, or another proxyPortScaleFactor")
                break
            }
        }
        guard !listener.policy.tokenRequired, listener.clientCertificate != .required else { return }
        report.problem(
            (draft.entry?.path ?? JSONPath()).appending("tokenRequired"),
            "without a token, listener \"\(listener.name)\" would be open to everybody",
            remedy: "leave tokenRequired out, or set tls.clientCertificate to \"required\"")
    }

    private func checkUpstream(_ draft: Draft, _ drafts: [Draft], _ root: Section) {
        if let upstream = draft.listener.upstream {
            let target = drafts.first { upstream.isLoopback && $0.listener.ports.ports.contains(upstream.port) }
            guard let target else { return }
            let entry = draft.entry?.has("upstream") == true ? draft.entry?.path : nil
            let isGiven = root.peek("gateway")?["upstream"] != nil
            let section = entry ?? JSONPath([.key(isGiven ? "gateway" : "oidc")])
            root.report.problem(
                section.appending(entry != nil || isGiven ? "upstream" : "discovery"),
                "requests would go to \(upstream.endpoint), which is listener \"\(target.listener.name)\"",
                remedy: "write the address of the OAuth server itself, not the proxy's")
            return
        }
        if let entry = draft.entry, !entry.has("upstream") {
            entry.problem(
                "upstream", "it is missing", remedy: "add \"upstream\" with where requests go: \"http://host:port\"")
        } else if draft.entry == nil, !root.has("oidc") || root.peek("oidc")?["discovery"] == nil,
            root.peek("gateway")?["upstream"] == nil,
            // A provider's address would be the remedy for both.
            !root.report.hasProblem(at: JSONPath([.key("oidc"), .key("discovery")]))
        {
            root.report.problem(
                JSONPath([.key("gateway"), .key("upstream")]), "the OAuth front door has no upstream",
                remedy: "add \"gateway\": { \"upstream\": \"http://host:port\" }, or oidc.discovery")
        }
    }

    private func checkClientCertificates(_ draft: Draft, _ report: Report) {
        let listener = draft.listener
        guard listener.clientCertificate != .none, listener.clientCA == nil else { return }
        let section = draft.entry?.has("tls") == true ? draft.entry?.path ?? JSONPath() : JSONPath()
        let place = section.appending("tls").appending("clientCA")
        // Listeners that share the section `tls` share the misdeed.
        guard !report.hasProblem(at: place) else { return }
        report.problem(
            place, "nothing says which client certificates listener \"\(listener.name)\" trusts",
            remedy: "add \"clientCA\" with the file of the authorities' certificates")
    }

    /// Whoever checks tokens has to know whose.
    private func checkProvider(_ drafts: [Draft], _ root: Section) {
        let settings = root.peek("oidc")
        guard settings?["discovery"] == nil, settings?["jwksURI"] == nil else { return }
        guard drafts.contains(where: { $0.listener.policy.tokenRequired }) else { return }
        root.report.problem(
            JSONPath([.key("oidc"), .key("discovery")]), "nothing says whose tokens are accepted",
            remedy: "add \"oidc\": { \"discovery\": \"https://…/.well-known/openid-configuration\" }")
    }
}
