internal import JOSE
internal import JSON
internal import System

extension Commands {
    /// `secure-proxy jws verify`: a question a line in, an answer a line out, until the input ends.
    ///
    /// - Parameters:
    ///   - input: the descriptor that questions come from.
    ///   - output: is given each answer as soon as it is known, before the next question is looked at.
    /// - Returns: ``ExitCode/success`` when every line got its answer, whatever the answers were;
    ///   ``ExitCode/failure`` when the input can't be read.
    public static func verifyJWS(input: Int32 = 0, output: CommandOutput = .console) -> ExitCode {
        var reader = LineReader(limit: JWSVerifyLine.maxBytes)
        func answer(_ line: LineReader.Line) {
            switch line {
            case .text(let bytes) where bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }): break
            case .text(let bytes): output.print(String(decoding: JWSVerifyLine.answer(bytes), as: UTF8.self))
            case .tooLong:
                output.print(
                    JSON.text([
                        "valid": false,
                        "reason": .string("the question is longer than \(JWSVerifyLine.maxBytes) bytes"),
                    ]))
            }
        }
        do throws(SystemError) {
            while true {
                let bytes = try File.readSome(descriptor: input, named: "standard input")
                if bytes.isEmpty { break }
                reader.receive(bytes, use: answer)
            }
            reader.finish(use: answer)
            return .success
        } catch {
            output.error("error: \(error)")
            return .failure
        }
    }
}
