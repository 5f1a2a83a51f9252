internal import Bytes
internal import Reactor
internal import System

/// Where a tunnel's tokens come from.
public enum TokenSource: Sendable {
    /// Nowhere: the request is sent without a token.
    case none
    /// This one, always.
    case fixed(String)
    /// The first line of this file, read anew for each connection, so that another program can renew it.
    case file(String)
    /// The OAuth server behind the front door; a token is used again until it is about to expire.
    case grant(TokenGrant, ClientEndpoint)
}

/// Hands out tokens on an event loop.
final class TokenSupply {
    typealias Completion = (Result<String?, ClientError>) -> Void

    /// A token that is good for less than this is not used again.
    private static let margin: Duration = .seconds(30)

    private let source: TokenSource
    private let timeout: Duration
    private let runtime: ClientRuntime
    private var cached: (token: String, expiry: MonotonicTime)?
    private var exchange: HTTPExchange?
    private var waiting: [Completion] = []

    init(_ source: TokenSource, timeout: Duration, runtime: ClientRuntime) {
        self.source = source
        self.timeout = timeout
        self.runtime = runtime
    }

    /// Calls `completion` once, at once or later.
    func token(_ completion: @escaping Completion) {
        switch source {
        case .none: completion(.success(nil))
        case .fixed(let token): completion(.success(token))
        case .file(let path):
            do throws(ClientError) { completion(.success(try Self.read(path))) } catch { completion(.failure(error)) }
        case .grant(let grant, let endpoint):
            if let cached, Clock.monotonic + Self.margin < cached.expiry { return completion(.success(cached.token)) }
            // One request at a time, for all who wait.
            waiting.append(completion)
            guard exchange == nil else { return }
            exchange = HTTPExchange(
                grant.request("/token"), to: endpoint, timeout: timeout, runtime: runtime
            ) { [weak self] in self?.answered($0) }
        }
    }

    /// Forgets a token that was refused.
    func forget() { cached = nil }

    private func answered(_ result: Result<HTTPResponse, ClientError>) {
        exchange = nil
        let token = result.flatMap { response in
            Result { () throws(ClientError) in try AccessToken(response) }
        }
        if case .success(let token) = token, let lifetime = token.lifetime {
            cached = (token.value, Clock.monotonic + .seconds(lifetime))
        }
        let completions = waiting
        waiting = []
        for completion in completions { completion(token.map { $0.value }) }
    }

    /// The token in the file at `path`.
    static func read(_ path: String) throws(ClientError) -> String {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try File.read(path, limit: 64 * 1024) } catch {
            throw .misuse("the token file cannot be read: \(error)")
        }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        guard !line.isEmpty, line.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .misuse("\(path): expected a token on the first line, without spaces")
        }
        return String(decoding: line, as: UTF8.self)
    }
}
