import JSON
import System
import Testing

@testable import Daemon

@Suite struct ControlMessageTests {
    // MARK: From a worker, which may have been taken over

    @Test(arguments: [
        WorkerMessage.ready(words: "seccomp holds; ümläut"), .ready(words: ""),
        .readyWithoutKeys(words: "cannot connect\nsecond line"), .failed(words: "no such file"),
    ])
    func aWorkersWordsArrive(_ message: WorkerMessage) { #expect(WorkerMessage(message.bytes) == message) }

    @Test func theKindsAreTold() {
        let kinds = [WorkerMessage.ready(words: "x"), .readyWithoutKeys(words: "x"), .failed(words: "x")].map(\.bytes)
        #expect(Set(kinds).count == 3)
    }

    @Test func whatIsNoMessageIsNone() {
        #expect(WorkerMessage([]) == nil)
        for kind in UInt8.min...UInt8.max where ![0x52, 0x4B, 0x46].contains(kind) {
            #expect(WorkerMessage([kind]) == nil, "\(kind)")
            #expect(WorkerMessage([kind] + Array("words".utf8)) == nil, "\(kind)")
        }
        #expect(WorkerMessage(Array(#"{"type":"ready"}"#.utf8)) == nil)
    }

    @Test(arguments: [UInt8(ascii: "R"), UInt8(ascii: "K"), UInt8(ascii: "F")])
    func moreWordsThanTheMasterTakesAreNone(_ kind: UInt8) {
        let most = WorkerMessage.maxWordsBytes
        #expect(WorkerMessage([kind] + [UInt8](repeating: 0x61, count: most)) != nil)
        #expect(WorkerMessage([kind] + [UInt8](repeating: 0x61, count: most + 1)) == nil)
        #expect(WorkerMessage([kind] + [UInt8](repeating: 0x61, count: MessageChannel.maxMessageBytes - 1)) == nil)
    }

    @Test func wordsThatAreNoTextAreMadeOne() {
        guard case .failed(let words)? = WorkerMessage([0x46, 0x61, 0xFF, 0xC3, 0x00, 0x80]) else {
            Issue.record("no message")
            return
        }
        #expect(words.first == "a")
        #expect(words.contains("\u{FFFD}"))
        // What a hostile worker can make of it is bounded.
        let worst = WorkerMessage([0x46] + [UInt8](repeating: 0xFF, count: WorkerMessage.maxWordsBytes))
        guard case .failed(let many)? = worst else {
            Issue.record("no message")
            return
        }
        #expect(many.utf8.count <= 3 * WorkerMessage.maxWordsBytes)
    }

    @Test(arguments: ["x", "ü", "€", "😀"])
    func longWordsAreCutAndStillArrive(_ character: Character) {
        let long = String(repeating: character, count: 5000)
        for shift in ["", "a", "ab", "abc"] {
            let bytes = WorkerMessage.failed(words: shift + long).bytes
            #expect(bytes.count <= MessageChannel.maxMessageBytes)
            guard case .failed(let words)? = WorkerMessage(bytes) else {
                Issue.record("no message")
                continue
            }
            #expect(words.hasPrefix(shift + String(repeating: character, count: 1000)))
        }
    }

    // MARK: From the master

    @Test(arguments: [
        MasterMessage.serve, .drain(isShutdown: true), .drain(isShutdown: false), .stop, .reopenLogs, .certificates,
        .ticketKeys([[UInt8](repeating: 7, count: 80)]), .ticketKeys([[1], [], [255]]),
    ])
    func theMastersOrdersArrive(_ message: MasterMessage) {
        #expect(MasterMessage(message.bytes) == message)
        #expect(message.bytes.count <= MessageChannel.maxMessageBytes)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"type":"other"}"#, #"{"type":1}"#, #"{"type":"stop""#, #"{"type":"tickets"}"#,
        #"{"type":"tickets","keys":[]}"#, #"{"type":"tickets","keys":["AA",1]}"#, #"{"type":"tickets","keys":["!"]}"#,
        "\u{0}",
    ])
    func whatIsNoOrderIsNone(_ text: String) { #expect(MasterMessage(Array(text.utf8)) == nil) }

    /// Nobody is told 503 by mistake.
    @Test func aDrainIsAShutdownOnlyWhenItSaysSo() {
        #expect(MasterMessage(Array(#"{"type":"drain"}"#.utf8)) == .drain(isShutdown: false))
        #expect(MasterMessage(Array(#"{"type":"drain","shutdown":1}"#.utf8)) == .drain(isShutdown: false))
    }

    @Test func anOrderOfAnotherLanguageIsNone() {
        #expect(MasterMessage(WorkerMessage.ready(words: "").bytes) == nil)
        #expect(MasterMessage([0xFF, 0xFE]) == nil)
        #expect(MasterMessage([UInt8](repeating: 0x5B, count: MessageChannel.maxMessageBytes)) == nil)
    }
}
