internal import Admin
internal import Bridge
internal import Bytes
internal import Gateway
internal import OIDC
internal import Reactor
internal import Settings
internal import System
internal import TLS
internal import Telemetry

/// What a worker is given.
struct WorkerParts {
    /// The settings.
    var settings: Settings
    /// Its logs.
    var logs: Logs
    /// Where it counts.
    var metrics = MetricsSlot()
    /// Where certificates, keys and authorities come from.
    var supply = KeySupply.disk
}

/// TLS as the clients of one listener see it; new connections get what is there when they come.
final class ListenerTLS {
    /// The present certificates.
    var context: TLSContext

    init(_ context: TLSContext) { self.context = context }
}

/// Everything that serves traffic on one event loop: listeners, bridge, front door, gate.
final class Worker {
    let loop: EventLoop
    let bridge: BridgeContext
    let gateway: GatewayContext
    let provider: ProviderGate?
    let resolver: Resolver
    private let settings: Settings
    private let logs: Logs
    private let log: Log
    private let engine: TLSEngine
    private let ledger: ConnectionLedger?
    private let supply: KeySupply
    private let metrics: MetricsSlot
    private var listeners: [Listener] = []
    /// One for each listener, in the settings' order.
    private var contexts: [ListenerTLS] = []
    private var admin: AdminServer?
    private var adminIsRetiring = false

    /// Builds a worker that doesn't listen yet. It begins to fetch the provider's keys.
    init(_ parts: WorkerParts, loop: EventLoop) throws(StartError) {
        let (settings, logs) = (parts.settings, parts.logs)
        self.settings = settings
        self.logs = logs
        self.loop = loop
        supply = parts.supply
        metrics = parts.metrics
        log = logs.traffic
        let limit = settings.limits.maxConnectionsPerAddress
        ledger = limit > 0 ? ConnectionLedger(limit: limit) : nil
        do {
            engine = try TLSEngine()
            resolver = try Resolver(loop: loop)
            bridge = BridgeContext(
                loop: loop, resolver: resolver, engine: engine, limits: settings.bridgeLimits, log: log,
                metrics: parts.metrics)
            gateway = GatewayContext(
                loop: loop, resolver: resolver, engine: engine, limits: settings.gatewayLimits, log: log,
                metrics: parts.metrics)
            let needsKeys = settings.listeners.contains { $0.policy.tokenRequired || $0.kind == .oauth }
            if needsKeys, let source = try settings.keySource() {
                let keys = KeyCache(
                    source: source, timing: settings.keyTiming, limits: settings.documentLimits, at: loop.now)
                let gate = TokenGate(
                    keys: keys, algorithms: settings.algorithms, verdictCapacity: settings.oidc.verdictCacheSize)
                let context = FetchContext(
                    loop: loop, resolver: resolver, engine: engine,
                    tls: try TLSMaterial.clientContext(
                        ca: settings.oidc.ca, certificate: settings.oidc.certificate, key: settings.oidc.key,
                        for: "oidc", from: parts.supply),
                    timeout: settings.oidc.fetchTimeout)
                provider = ProviderGate(gate, context: context, log: log, metrics: parts.metrics)
            } else {
                provider = nil
            }
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
        bridge.maximumTunnels = settings.proxy.workerConnections
        gateway.onAnswer = { logs.answered($0) }
        bridge.onTunnelEnd = { logs.tunnelEnded($0) }
        bridge.onAnswer = { logs.answered($0) }
    }

    /// Where the sockets of a port of a listener come from.
    typealias SocketSource = (ListenerSettings, UInt16) throws(StartError) -> [Descriptor]

    /// Accepts at every listening port from now on, on the sockets that `sockets` gives.
    func listen(_ material: TLSMaterial, sockets: SocketSource) throws(StartError) {
        for (index, listener) in settings.listeners.enumerated() {
            let tls = ListenerTLS(try material.serverContext(listener, settings.tls))
            contexts.append(tls)
            for port in listener.ports.ports {
                let accept = try handler(port, listener, index, tls)
                for socket in try sockets(listener, port) { try begin(socket, listener, accept) }
            }
        }
    }

    private func begin(_ socket: Descriptor, _ listener: ListenerSettings, _ accept: @escaping Accept)
        throws(StartError)
    {
        do throws(SystemError) {
            let opened = try Listener(socket, loop: loop, accepted: accept) { [log] error in
                log(.crit, "listener \(listener.name): \(error)")
            }
            listeners.append(opened)
            logs.process(.info, "listener \(listener.name) (\(listener.kind.rawValue)) at \(opened.address)")
        } catch {
            throw StartError("listener \(listener.name): \(error)")
        }
    }

    /// Answers on the admin port.
    func serveAdmin(_ sockets: [Descriptor], _ source: any AdminSource) throws(StartError) {
        do throws(SystemError) {
            admin = try AdminServer(
                loop: loop, sockets: sockets, source: source, hostNames: settings.admin.hostNames, log: logs.process)
        } catch {
            throw StartError("admin: \(error)")
        }
    }

    /// Seals session tickets with the first of `keys`, opens them with all.
    func replaceTicketKeys(_ keys: [TicketKey]) {
        for tls in contexts { tls.context.replaceTicketKeys(keys) }
    }

    /// Shows the certificates of `material` to new connections. Nothing changes when it throws.
    func replaceMaterial(_ material: TLSMaterial) throws(StartError) {
        var renewed: [TLSContext] = []
        for listener in settings.listeners { renewed.append(try material.serverContext(listener, settings.tls)) }
        for (tls, context) in zip(contexts, renewed) { tls.context = context }
    }

    private typealias Accept = (Descriptor, SocketAddress) -> Void

    private func handler(
        _ port: UInt16, _ listener: ListenerSettings, _ index: Int, _ tls: ListenerTLS
    ) throws(StartError) -> Accept {
        let challenge = Challenge(
            status: settings.oidc.rejectStatus.code, realm: settings.oidc.realm,
            retryAfter: max(1, settings.limits.retryAfter.components.seconds))
        var gatekeeper: (any Gatekeeper)?
        if listener.policy.tokenRequired {
            guard let provider else {
                throw StartError("listener \(listener.name): a token is required, but no provider is configured")
            }
            gatekeeper = ListenerGate(
                provider, sources: settings.tokenSources, policy: settings.claimsPolicy(index))
        }
        switch listener.kind {
        case .bridge:
            guard let endpoint = listener.endpoint(for: port) else {
                throw StartError("listener \(listener.name): port \(port) has no backend")
            }
            let route = BridgeRoute(
                host: endpoint.host, port: endpoint.port, tls: tls.context, gatekeeper: gatekeeper,
                challenge: challenge,
                connectTimeout: listener.backend.connectTimeout, listener: listener.name, listeningPort: port)
            return admitting { [bridge] descriptor, peer, lease in
                var route = route
                route.tls = tls.context
                BridgeSession.begin(descriptor, from: peer, lease: lease, route: route, context: bridge)
            }
        case .oauth, .proxy:
            guard let address = listener.upstream else {
                throw StartError("listener \(listener.name): no upstream is configured")
            }
            var route = Gateway.GatewayRoute(
                tls: tls.context, upstream: try upstream(address, listener), target: target(listener, address),
                preservesHost: settings.gateway.preserveHost, tellsClient: settings.gateway.forwardedHeaders,
                gatekeeper: gatekeeper, challenge: challenge, listener: listener.name, listeningPort: port)
            route.kind = listener.kind == .proxy ? .proxy : .oauth
            return admitting { [gateway, route] descriptor, peer, lease in
                var route = route
                route.tls = tls.context
                GatewaySession.begin(descriptor, from: peer, lease: lease, route: route, context: gateway)
            }
        }
    }

    /// Turns connections away that are too many for their address; they aren't worth a handshake.
    private func admitting(_ begin: @escaping (Descriptor, SocketAddress, ConnectionLease?) -> Void) -> Accept {
        guard let ledger else { return { begin($0, $1, nil) } }
        return { [log, metrics] descriptor, peer in
            guard let lease = ledger.lease(peer) else {
                log(.info, "client \(peer): too many connections from this address")
                metrics.add(.refusedByAddress)
                return descriptor.close()
            }
            begin(descriptor, peer, lease)
        }
    }

    private func upstream(_ address: WebAddress, _ listener: ListenerSettings) throws(StartError) -> Upstream {
        let standard: UInt16 = address.isSecure ? 443 : 80
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        let tls: StreamTLS? =
            address.isSecure
            ? StreamTLS(
                context: try TLSMaterial.clientContext(
                    ca: settings.gateway.ca, certificate: settings.gateway.certificate, key: settings.gateway.key,
                    for: "listener \(listener.name)", from: supply),
                engine: engine, serverName: address.host) : nil
        return Upstream(
            host: address.host, port: address.port,
            authority: address.port == standard ? host : "\(host):\(address.port)", tls: tls)
    }

    /// Where requests of a front door go. What the provider says of itself goes before what its discovery address lets
    /// one guess, as far as it is at the same upstream; a route that the file sets goes before both.
    private func target(
        _ listener: ListenerSettings, _ upstream: WebAddress
    ) -> (String) -> Gateway.GatewayRoute.Target {
        if listener.kind == .proxy { return { _ in .same } }
        let routes = settings.gateway.routes
        return { [weak provider] path in
            guard let route = routes.first(where: { $0.path == path }) else { return .notFound }
            let metadata = provider?.metadata
            let discovered: HTTPURL? =
                switch route.endpoint {
                case .token: metadata?.tokenEndpoint
                case .authorization: metadata?.authorizationEndpoint
                case .configuration, nil: nil
                }
            if let discovered, discovered.host == upstream.host, discovered.port == upstream.port {
                return .path(discovered.path)
            }
            if let known = route.upstreamPath { return .path(known) }
            return metadata == nil ? .notYetKnown : .notFound
        }
    }

    // MARK: Ending

    /// Accepts nothing more; tunnels that are open go on.
    ///
    /// - Parameter isShutdown: nobody takes over: upgrades under way are answered 503, and the admin port goes on
    ///   answering, so that whoever asks learns that this proxy drains. Otherwise they are served.
    func stopAccepting(isShutdown: Bool) {
        for listener in listeners { listener.close() }
        listeners = []
        if isShutdown {
            bridge.drain()
        } else {
            admin?.stopAccepting()
            adminIsRetiring = true
        }
        gateway.drain(isShutdown: isShutdown)
    }

    /// Closes what is left with 1001.
    func closeAll() {
        bridge.closeAll(reason: "shutting down")
        gateway.closeAll()
    }

    /// Whether anything is still open.
    var isBusy: Bool { connectionCount > 0 || adminIsRetiring && (admin?.connectionCount ?? 0) > 0 }

    /// Connections of clients, in whatever state.
    var connectionCount: Int { bridge.tunnelCount + bridge.sessionCount + gateway.sessionCount }
}
