import ArgumentParser
import Daemon

struct JWS: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jws", abstract: "Look at signatures.", subcommands: [JWSVerify.self])
}

struct JWSVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify signatures: a JSON object a line in, a JSON object a line out.",
        discussion: """
            A question is {"jws": "...", "jwk": {...}}, or {"jws": "...", "jwks": {"keys": [...]}}, or a bare signature as \
            {"alg": "...", "jwk": {...}, "msg": "hex", "sig": "hex"}. The answer is {"valid": true}, or {"valid": false, \
            "reason": "..."}, also to a question that cannot be understood. Signature and header are judged, nothing else: \
            the payload may be anything. Each answer is written before the next question is read, so both ends may be pipes.

            A last line without a line's end counts; lines with nothing but white space are skipped and not answered. A line \
            has at most 1 MiB. Ends with 0 when every line was answered, whatever the answers.
            """)

    func run() throws { try Commands.verifyJWS().exit() }
}
