internal import Glibc

/// Starts programs: posix_spawn with what the tests need of it.
enum Spawn {
    /// How a program starts.
    struct Options {
        /// The descriptor that becomes standard input; nil: nothing to read.
        var input: Int32?
        /// The file that takes standard output.
        var output = "/dev/null"
        /// The file that takes standard error; may be the same.
        var errors = "/dev/null"
        /// Descriptors of this process that it inherits, and under which number.
        var descriptors: [(number: Int32, as: Int32)] = []
        /// Added to this process's own environment.
        var environment: [String: String] = [:]
    }

    /// Starts `words` in a process group of its own, whose number is that of the process.
    static func start(_ words: [String], _ options: Options) throws(HarnessError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        if let input = options.input {
            unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, options.output, append, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, options.errors, append, 0o600)
        // By way of numbers that nobody has, or one could overwrite another before its turn.
        for (place, pair) in options.descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, pair.number, 900 + Int32(place))
        }
        for (place, pair) in options.descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, 900 + Int32(place), pair.as)
            unsafe posix_spawn_file_actions_addclose(&actions, 900 + Int32(place))
        }

        // Whatever the tests' process does with signals is none of the program's business.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var variables = environment
        for (name, value) in options.environment { variables[name] = value }
        var number: pid_t = 0
        let code = unsafe withCStrings(words) { argv in
            unsafe withCStrings(variables.map { "\($0)=\($1)" }) { envp in
                unsafe posix_spawn(&number, words[0], &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else {
            let reason = unsafe String(cString: strerror(code))
            throw HarnessError("cannot start \(words.joined(separator: " ")): \(reason)")
        }
        return number
    }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = unsafe texts.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(copies + [nil])
    }
}
