internal import BridgeClient
internal import Bytes
internal import HTTP1
internal import MockServers
internal import Reactor
internal import System
internal import TLS
internal import WebSocket

/// A short visit of a ``SteadyLoad``: connect, upgrade, one word there and back, Close.
final class LoadVisit: BridgeConnectionOwner, TimerTarget {
    let number: Int
    private unowned let thread: LoadThread
    private let connection: BridgeConnection
    private var isOpen = false
    private var isOver = false
    private var received = 0
    private let word: [UInt8]

    init(number: Int, thread: LoadThread) {
        self.number = number
        self.thread = thread
        word = BytePattern.bytes(at: 1 << 60 | UInt64(number) << 8, count: 24)
        connection = BridgeConnection(thread.options(), runtime: thread.runtime)
        connection.owner = self
    }

    private var whom: String { "visit \(number)" }

    func begin() {
        _ = thread.runtime.loop.schedule(at: Clock.monotonic + thread.plan.patience, self, purpose: 0)
        connection.connect()
    }

    /// The event loop's call: it has taken too long.
    func timerFired(purpose: UInt8) {
        guard !isOver else { return }
        let awaited = isOpen ? "end" : "answer"
        thread.record.trouble(
            isOpen ? \.silent : \.unanswered, "\(whom): no \(awaited) within \(thread.plan.patience)")
        connection.disconnect()
        finish()
    }

    func bridgeOpened(_ answer: ResponseHead) {
        isOpen = true
        if let fingerprint = connection.tls?.peerIdentity?.fingerprint {
            thread.record.change { $0.certificates.insert(fingerprint) }
        }
        connection.send(word)
    }

    func bridgeReceived(_ bytes: [UInt8], endsMessage: Bool) {
        guard !isOver else { return }
        guard received + bytes.count <= word.count, bytes == Array(word[received..<(received + bytes.count)]) else {
            thread.record.trouble(\.corrupt, "\(whom): another word comes back")
            connection.disconnect()
            return finish()
        }
        received += bytes.count
        if received == word.count { connection.close() }
    }

    func bridgeEnded(_ end: BridgeEnd) {
        guard !isOver else { return }
        defer { finish() }
        if case .closed(let closure) = end {
            let isInvitation = closure.code == .goingAway || closure.code == .serviceRestart
            if closure.isOrderly, isInvitation { return thread.record.change { $0.sentAway += 1 } }
            if closure.isOrderly, received == word.count, closure.code == .normalClosure {
                return thread.record.change { $0.upgrades += 1 }
            }
        }
        thread.record.unexpected(end, wasOpen: isOpen, of: whom)
    }

    private func finish() {
        isOver = true
        thread.forget(self)
    }
}
