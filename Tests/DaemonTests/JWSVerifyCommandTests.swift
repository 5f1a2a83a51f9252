import Foundation
import JOSE
import JSON
import MockServers
import System
import Testing

@testable import Daemon

@Suite struct JWSVerifyCommandTests {
    /// What is answered to `text` as the whole input.
    private func answers(_ text: String) throws -> [String] {
        let (reader, writer) = try Socket.pair()
        let said = Said()
        try File.writeAll(Array(text.utf8), to: writer.number)
        writer.close()
        #expect(Commands.verifyJWS(input: reader.number, output: said.output) == .success)
        #expect(said.errors == [])
        return said.lines
    }

    @Test func answersEachLine() throws {
        let server = try Provider().server
        let keys = server.publishedKeys()
        let good = #"{"jws": "\#(server.mintToken())", "jwks": \#(JSON.text(keys))}"#
        let forged = #"{"jws": "\#(server.mintToken(key: SigningKey()))", "jwks": \#(JSON.text(keys))}"#
        let lines = try answers("\(good)\n\n \t\r\nnot json\n\(forged)\r\n\(good)")
        #expect(lines.count == 4)
        #expect(lines.first == #"{"valid":true}"#)
        #expect(lines.last == #"{"valid":true}"#)
        #expect(lines[1].hasPrefix(#"{"valid":false,"reason":"the question isn't acceptable JSON"#))
        #expect(lines[2].hasPrefix(#"{"valid":false,"reason":"#))
    }

    @Test func answersBeforeTheNextQuestionComes() throws {
        let (reader, writer) = try Socket.pair()
        var answers = 0
        let output = CommandOutput(
            print: { _ in
                answers += 1
                // The second question is asked in answer to the first, as a program at the other end of pipes does.
                if answers == 1 { try? File.writeAll(Array("two\n".utf8), to: writer.number) } else { writer.close() }
            }, error: { _ in })
        try File.writeAll(Array("one\n".utf8), to: writer.number)
        #expect(Commands.verifyJWS(input: reader.number, output: output) == .success)
        #expect(answers == 2)
    }

    @Test func refusesALineThatIsTooLongAndGoesOn() throws {
        let host = try MockHost()
        let pipe = Pipe()
        let said = Said()
        // More than a pipe holds at a time, so the writer is on a thread of its own.
        let number = pipe.fileHandleForWriting.fileDescriptor
        host.post { _ in
            let line = [UInt8](repeating: 0x20, count: JWSVerifyLine.maxBytes + 1)
            try? File.writeAll(line + Array("\n{}".utf8), to: number)
            Descriptor(owning: number).close()
        }
        #expect(Commands.verifyJWS(input: pipe.fileHandleForReading.fileDescriptor, output: said.output) == .success)
        #expect(said.lines.count == 2)
        #expect(said.lines.first == #"{"valid":false,"reason":"the question is longer than 1048576 bytes"}"#)
    }

    @Test func failsWhereNothingCanBeRead() throws {
        let said = Said()
        #expect(Commands.verifyJWS(input: -1, output: said.output) == .failure)
        #expect(said.errorText.contains("EBADF"))
    }
}
