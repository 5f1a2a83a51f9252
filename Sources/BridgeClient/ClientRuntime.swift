public import Reactor
internal import TLS

/// What the clients of one thread share: its event loop, its resolver, its TLS engine.
public final class ClientRuntime {
    /// The thread's event loop.
    public let loop: EventLoop
    let resolver: Resolver
    let engine: TLSEngine
    // A context reads certificates when it is made, so one for each kind of trust is kept.
    private var contexts: [(trust: ServerTrust, context: TLSContext)] = []

    /// A runtime with an event loop of its own.
    public convenience init() throws(ClientError) {
        do { try self.init(loop: EventLoop()) } catch let error as ClientError { throw error } catch {
            throw .setup("\(error)")
        }
    }

    /// A runtime on a loop that exists already.
    public init(loop: EventLoop) throws(ClientError) {
        self.loop = loop
        do throws(ResolutionError) { resolver = try Resolver(loop: loop) } catch { throw .setup(error.description) }
        do throws(TLSError) { engine = try TLSEngine() } catch { throw .setup(error.description) }
    }

    /// The context for connections that believe `trust`.
    func context(for trust: ServerTrust) throws(TLSError) -> TLSContext {
        if let known = contexts.first(where: { $0.trust == trust }) { return known.context }
        let context = try TLSContext.client(TLSContext.ClientOptions(trust: trust.forTLS))
        contexts.append((trust, context))
        return context
    }
}
