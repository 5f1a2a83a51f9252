public import ArgumentParser
public import Daemon

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell about answers, exit codes, signals and files.")

    @Argument(help: "What to tell about; without it, the list of topics.")
    var topic: ExplainTopic?

    func run() throws { try Commands.explain(topic).exit() }
}

extension ExplainTopic: ExpressibleByArgument {}
