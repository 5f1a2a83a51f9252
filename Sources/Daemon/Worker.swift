internal import Bridge
internal import Bytes
internal import Gateway
internal import OIDC
internal import Reactor
internal import Settings
internal import System
internal import TLS
internal import Telemetry

/// Everything that serves traffic on one event loop: listeners, bridge, front door, gate.
final class Worker {
    let loop: EventLoop
    let bridge: BridgeContext
    let gateway: GatewayContext
    let provider: ProviderGate?
    private let settings: Settings
    private let logs: LogFiles
    private let log: Log
    private let engine: TLSEngine
    private let ledger: ConnectionLedger?
    private var listeners: [Listener] = []

    /// Builds a worker that doesn't listen yet.
    init(_ settings: Settings, logs: LogFiles) throws(StartError) {
        self.settings = settings
        self.logs = logs
        log = logs.log
        let limit = settings.limits.maxConnectionsPerAddress
        ledger = limit > 0 ? ConnectionLedger(limit: limit) : nil
        do {
            loop = try EventLoop()
            engine = try TLSEngine()
            let resolver = try Resolver(loop: loop)
            bridge = BridgeContext(
                loop: loop, resolver: resolver, engine: engine, limits: settings.bridgeLimits, log: log)
            gateway = GatewayContext(
                loop: loop, resolver: resolver, engine: engine, limits: settings.gatewayLimits, log: log)
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
                        for: "oidc"),
                    timeout: settings.oidc.fetchTimeout)
                provider = ProviderGate(gate, context: context, log: log)
            } else {
                provider = nil
            }
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
        bridge.maximumTunnels = settings.proxy.workerConnections
        gateway.onAnswer = { logs.access(AccessFields.answer($0), isFailure: $0.status >= 400) }
        bridge.onTunnelEnd = { logs.access(AccessFields.tunnel($0), isFailure: true) }
        bridge.onAnswer = { logs.access(AccessFields.answer($0), isFailure: true) }
    }

    /// Opens every listening port and begins to accept.
    func listen(_ material: TLSMaterial) throws(StartError) {
        for (index, listener) in settings.listeners.enumerated() {
            let tls = try material.serverContext(listener, settings.tls)
            for port in listener.ports.ports { try open(port, listener, index, tls) }
        }
    }

    private func open(_ port: UInt16, _ listener: ListenerSettings, _ index: Int, _ tls: TLSContext) throws(StartError)
    {
        let accept = try handler(port, listener, index, tls)
        var failure: SystemError?
        for candidate in listener.address.candidates {
            guard let address = SocketAddress(literal: candidate, port: port) else { continue }
            do throws(SystemError) {
                let socket = try Socket.listen(at: address, backlog: Int32(clamping: settings.limits.listenBacklog))
                let opened = try Listener(socket, loop: loop, accepted: accept) { [log] error in
                    log(.crit, "listener \(listener.name): \(error)")
                }
                listeners.append(opened)
                log(.notice, "listener \(listener.name) (\(listener.kind.rawValue)) at \(opened.address)")
                return
            } catch {
                failure = error
            }
        }
        throw StartError(
            "listener \(listener.name): cannot listen at \(listener.address):\(port): "
                + (failure.map { "\($0)" } ?? "no usable address"))
    }

    private typealias Accept = (Descriptor, SocketAddress) -> Void

    private func handler(
        _ port: UInt16, _ listener: ListenerSettings, _ index: Int, _ tls: TLSContext
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
                host: endpoint.host, port: endpoint.port, tls: tls, gatekeeper: gatekeeper, challenge: challenge,
                connectTimeout: listener.backend.connectTimeout)
            return admitting { [bridge] descriptor, peer, lease in
                BridgeSession.begin(descriptor, from: peer, lease: lease, route: route, context: bridge)
            }
        case .oauth, .proxy:
            guard let address = listener.upstream else {
                throw StartError("listener \(listener.name): no upstream is configured")
            }
            let route = Gateway.GatewayRoute(
                tls: tls, upstream: try upstream(address, listener), target: target(listener, address),
                preservesHost: settings.gateway.preserveHost, tellsClient: settings.gateway.forwardedHeaders,
                gatekeeper: gatekeeper, challenge: challenge)
            return admitting { [gateway] descriptor, peer, lease in
                GatewaySession.begin(descriptor, from: peer, lease: lease, route: route, context: gateway)
            }
        }
    }

    /// Turns connections away that are too many for their address; they aren't worth a handshake.
    private func admitting(_ begin: @escaping (Descriptor, SocketAddress, ConnectionLease?) -> Void) -> Accept {
        guard let ledger else { return { begin($0, $1, nil) } }
        return { [log] descriptor, peer in
            guard let lease = ledger.lease(peer) else {
                log(.info, "client \(peer): too many connections from this address")
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
                    for: "listener \(listener.name)"),
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

    /// Accepts nothing more; what is open goes on.
    func stopAccepting() {
        for listener in listeners { listener.close() }
        listeners = []
        bridge.drain()
        gateway.drain()
    }

    /// Whether anything is still open.
    var isBusy: Bool { bridge.tunnelCount + bridge.sessionCount + gateway.sessionCount > 0 }
}
