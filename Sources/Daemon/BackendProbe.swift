internal import Bytes
internal import Reactor
internal import Settings
internal import System

/// Looks now and then whether backends accept connections, for `/readyz` where `admin.checkBackends` asks for it.
final class BackendProbe: TimerTarget {
    /// How often each backend is looked at.
    static let interval: Duration = .seconds(5)
    /// How long one may take to accept.
    static let timeout: Duration = .seconds(3)

    private let loop: EventLoop
    private let resolver: Resolver
    private let endpoints: [Endpoint]
    private var dials: [Dial?]
    private var problems: [String?]

    /// Starts to look at the backends in `settings`.
    init(_ settings: Settings, loop: EventLoop, resolver: Resolver) {
        (self.loop, self.resolver) = (loop, resolver)
        var endpoints: [Endpoint] = []
        for listener in settings.listeners where listener.kind == .bridge {
            for port in listener.ports.ports {
                guard let endpoint = listener.endpoint(for: port), !endpoints.contains(endpoint) else { continue }
                endpoints.append(endpoint)
            }
        }
        self.endpoints = endpoints
        dials = endpoints.map { _ in nil }
        problems = endpoints.map { "\($0): not looked at yet" }
        look()
    }

    /// Why a backend can't be used; nil when all can.
    var problem: String? {
        let found = problems.compactMap(\.self)
        guard let first = found.first else { return nil }
        return found.count == 1 ? "backend \(first)" : "backend \(first), and \(found.count - 1) more"
    }

    private func look() {
        for (index, endpoint) in endpoints.enumerated() where dials[index] == nil {
            dials[index] = Dial(
                endpoint.host, port: endpoint.port, timeout: Self.timeout, resolver: resolver, loop: loop
            ) { [weak self] result in
                guard let self else { return }
                dials[index] = nil
                switch result {
                case .success(let descriptor):
                    descriptor.close()
                    problems[index] = nil
                case .failure(let error): problems[index] = "\(endpoint): \(error)"
                }
            }
        }
        _ = loop.schedule(at: loop.now + Self.interval, self, purpose: 0)
    }

    /// The event loop's call.
    func timerFired(purpose: UInt8) { look() }
}
