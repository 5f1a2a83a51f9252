import Settings
import Testing

/// The settings file asks for worker processes here; `--workers 0` on the command line takes them away.
@Suite struct SingleProcessTests {
    @Test func ordinarySettingsNeedNoWorkers() throws {
        #expect(try load(Sample.skeleton).singleProcessProblem == nil)
    }

    @Test func aKeyHolderNeedsThem() throws {
        #expect(
            try load(with: #""security": {"keyIsolation": true}"#).singleProcessProblem
                == "security.keyIsolation: a single process can't keep keys from itself; "
                + "run at least one worker process, or set keyIsolation to false")
    }

    @Test func aKeyThatIsNoFileNeedsThem() throws {
        let settings = try load(with: #""tls": {"certificate": "a.pem", "key": "pkcs11:object=tls?pin-value=1"}"#)
        #expect(
            settings.singleProcessProblem
                == "tls: the key pkcs11:object=tls?pin-value=… is used by a process of its own, and with 0 worker "
                + "processes there is none; run at least one worker process, or name a key file")
    }
}
