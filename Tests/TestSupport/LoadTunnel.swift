internal import BridgeClient
internal import Bytes
internal import HTTP1
internal import MockServers
internal import Reactor
internal import System
internal import WebSocket

/// A tunnel of a ``SteadyLoad`` that is opened again whenever it ends.
final class LoadTunnel: BridgeConnectionOwner, TimerTarget {
    private enum Purpose {
        static let connect: UInt8 = 0
        static let send: UInt8 = 1
    }

    private let number: Int
    private unowned let thread: LoadThread
    private var connection: BridgeConnection?
    private var isOpen = false
    private var isClosing = false
    /// Where in the pattern this connection's bytes begin: no two connections send the same.
    private var base: UInt64 = 0
    private var sent: UInt64 = 0
    private var received: UInt64 = 0
    private var sentAt = Clock.monotonic
    private var blockSize = 0
    private var blocks = 0

    init(number: Int, thread: LoadThread) {
        self.number = number
        self.thread = thread
        base = UInt64(number) << 44
    }

    private var whom: String { "tunnel \(number)" }
    private var loop: EventLoop { thread.runtime.loop }

    func begin(after pause: Duration) {
        _ = loop.schedule(at: Clock.monotonic + pause, self, purpose: Purpose.connect)
    }

    /// Closes when everything is back.
    func leave() { if isOpen { closeWhenComplete() } }

    private func connect() {
        guard !thread.isLeaving else { return }
        base &+= 1 << 34
        (sent, received, isOpen, isClosing) = (0, 0, false, false)
        let connection = BridgeConnection(thread.options(), runtime: thread.runtime)
        self.connection = connection
        connection.owner = self
        connection.connect()
    }

    /// The event loop's call.
    func timerFired(purpose: UInt8) {
        if purpose == Purpose.connect { return connect() }
        guard isOpen, !isClosing else { return }
        sendLater()
        if received == sent { return sendBlock() }
        guard Clock.monotonic - sentAt > thread.plan.patience else { return }
        giveUp(\.silent, "\(sent - received) of \(sent) bytes don't come back within \(thread.plan.patience)")
    }

    private func sendLater() {
        let pause: Duration = .seconds(1) / thread.plan.messagesPerSecond
        _ = loop.schedule(at: Clock.monotonic + pause, self, purpose: Purpose.send)
    }

    private func sendBlock() {
        blocks += 1
        let sizes = thread.plan.blockSizes
        // All sizes in turn, in no order that anything else has.
        blockSize = sizes.lowerBound + (blocks &* 7919 &+ number &* 104_729) % sizes.count
        sentAt = Clock.monotonic
        connection?.send(BytePattern.bytes(at: base + sent, count: blockSize))
        sent += UInt64(blockSize)
    }

    private func closeWhenComplete() {
        guard received == sent, !isClosing else { return }
        isClosing = true
        connection?.close()
    }

    // MARK: The connection's calls

    func bridgeOpened(_ answer: ResponseHead) {
        isOpen = true
        thread.record.change {
            $0.open += 1
            $0.opened += 1
        }
        sendBlock()
        sendLater()
    }

    func bridgeReceived(_ bytes: [UInt8], endsMessage: Bool) {
        guard isOpen else { return }
        let isRight = bytes == BytePattern.bytes(at: base + received, count: bytes.count)
        received += UInt64(bytes.count)
        guard isRight, received <= sent else {
            let words = received > sent ? "more comes back than was sent" : "other bytes come back than were sent"
            return giveUp(\.corrupt, "\(words), at \(received - UInt64(bytes.count)) of \(sent)")
        }
        guard received == sent else { return }
        thread.record.change {
            $0.messages += 1
            $0.bytes += blockSize
        }
        if thread.isLeaving { closeWhenComplete() }
    }

    func bridgeEnded(_ end: BridgeEnd) {
        let wasOpen = isOpen
        gone()
        if case .closed(let closure) = end {
            if isClosing, closure.code == .normalClosure, closure.isOrderly { return }
            let isInvitation = closure.code == .goingAway || closure.code == .serviceRestart
            if isInvitation, closure.isOrderly {
                thread.record.change { $0.sentAway += 1 }
                return begin(after: .milliseconds(20))
            }
        }
        thread.record.unexpected(end, wasOpen: wasOpen, of: whom)
        begin(after: .milliseconds(100))
    }

    private func giveUp(_ counter: LoadCounter, _ words: String) {
        thread.record.trouble(counter, "\(whom): \(words)")
        connection?.disconnect()
        gone()
        begin(after: .milliseconds(100))
    }

    private func gone() {
        guard isOpen else { return }
        isOpen = false
        thread.record.change { $0.open -= 1 }
    }
}
