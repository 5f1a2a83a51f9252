internal import Bytes
internal import Gateway
internal import OIDC
internal import Reactor
internal import Settings
internal import System
internal import TLS

/// An event loop for a command that asks the network something and waits for the answer.
struct ConnectionCheck {
    private let settings: Settings
    private let loop: EventLoop
    private let resolver: Resolver
    private let engine: TLSEngine

    /// Backends that are dialled at a time.
    private static let dialsAtATime = 64

    init(_ settings: Settings) throws(StartError) {
        self.settings = settings
        do {
            SignalSource.ignoreBrokenPipe()
            loop = try EventLoop()
            resolver = try Resolver(loop: loop)
            engine = try TLSEngine()
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Fetches the provider's documents with the daemon's own trust, limits and time-out; nil when none is configured.
    func provider() throws(StartError) -> Result<ProviderDocuments, ProviderError>? {
        guard let source = try settings.keySource() else { return nil }
        let tls = try TLSMaterial.clientContext(
            ca: settings.oidc.ca, certificate: settings.oidc.certificate, key: settings.oidc.key, for: "oidc")
        let context = FetchContext(
            loop: loop, resolver: resolver, engine: engine, tls: tls, timeout: settings.oidc.fetchTimeout)
        do throws(ProviderError) {
            return .success(try .fetch(from: source, limits: settings.documentLimits, context: context))
        } catch {
            return .failure(error)
        }
    }

    /// Dials every backend once, and answers what came of it, in the order of the listeners.
    func backends() throws(StartError) -> [(Endpoint, DialError?)] {
        var targets: [(endpoint: Endpoint, timeout: Duration)] = []
        var known: Set<Endpoint> = []
        for listener in settings.listeners where listener.kind == .bridge {
            for port in listener.ports.ports {
                guard let endpoint = listener.endpoint(for: port), known.insert(endpoint).inserted else { continue }
                targets.append((endpoint, listener.backend.connectTimeout))
            }
        }
        var results: [(Endpoint, DialError?)] = []
        while results.count < targets.count {
            results += try dial(Array(targets[results.count...].prefix(Self.dialsAtATime)))
        }
        return results
    }

    private func dial(_ targets: [(endpoint: Endpoint, timeout: Duration)]) throws(StartError) -> [(
        Endpoint, DialError?
    )] {
        let outcomes = Outcomes()
        do throws(SystemError) {
            // The loop's clock stands still between turns.
            try loop.turn(maximumWait: .zero)
            let dials = targets.map { target in
                Dial(
                    target.endpoint.host, port: target.endpoint.port, timeout: target.timeout, resolver: resolver,
                    loop: loop
                ) { outcomes.results[target.endpoint] = $0 }
            }
            while outcomes.results.count < targets.count { try loop.turn() }
            withExtendedLifetime(dials) {}
        } catch {
            throw StartError("\(error)")
        }
        return targets.map { target in
            if case .failure(let error) = outcomes.results[target.endpoint] { return (target.endpoint, error) }
            return (target.endpoint, nil)
        }
    }

    /// What the dials came to.
    private final class Outcomes {
        var results: [Endpoint: Result<Descriptor, DialError>] = [:]
    }
}
