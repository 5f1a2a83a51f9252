/// Files that must be refused, and every word of the answer.
struct WrongFile: Sendable, CustomStringConvertible {
    /// What is wrong with it.
    var name: String
    var text: String
    /// The answer: line, column, path, problem and remedy of each error, in order.
    var errors: [String]

    var description: String { name }

    init(_ name: String, _ text: String, _ errors: String...) {
        self.name = name
        self.text = text
        self.errors = errors
    }

    /// A file that would be good without `wrong`, which starts at line 2, column 3.
    init(_ name: String, with wrong: String, _ errors: String...) {
        let provider = #""oidc": {"discovery": "https://id.example.com/.well-known/openid-configuration"}"#
        self.name = name
        self.text = "{\n  \(wrong),\n  \(provider)\n}"
        self.errors = errors
    }

    /// A file that would be good without `wrong`, which stands in the section `oidc` from line 2, column 12 on.
    init(_ name: String, oidc wrong: String, _ errors: String...) {
        self.name = name
        self.text = "{\n  \"oidc\": {\(wrong)}\n}"
        self.errors = errors
    }

    static let all: [WrongFile] = [
        WrongFile(
            "empty file", "",
            "1:1: the text ends in the middle of a value; look for what was opened and not closed"),
        WrongFile(
            "a list at the root", "[]",
            "1:1: the file holds an array, not an object; write { … } around the sections"),
        WrongFile(
            "cut short", "{\n  \"admin\": {\"port\": 11090}",
            "2:27: the text ends in the middle of a value; look for what was opened and not closed"),
        WrongFile(
            "a comma too many", "{\n  \"admin\": {\"port\": 11090,}\n}",
            "2:27: string or '}' expected near '}'; is there a comma behind the last element?"),
        WrongFile(
            "a comment", "{\n  // ports\n  \"admin\": {}\n}",
            "2:3: string or '}' expected near '/'; JSON has no comments: leave them out"),
        WrongFile(
            "a comma missing", "{\n  \"admin\": {}\n  \"logs\": {}\n}",
            #"3:3: '}' expected near '"logs"'; is a comma missing before it?"#),
        WrongFile(
            "a name twice", "{\n  \"admin\": {},\n  \"admin\": {}\n}",
            #"3:3: the name "admin" occurs twice in one object; keep one of them"#),
        WrongFile(
            "something behind", "{}\n{}",
            "2:1: something follows the end of the value; the file must hold one object and nothing behind it"),
        WrongFile(
            "no provider", "{\n  \"admin\": {}\n}",
            #"1:1: oidc.discovery: nothing says whose tokens are accepted; add "oidc": { "discovery": "https://…/.well-known/openid-configuration" }"#
        ),
        WrongFile(
            "a misspelt section", with: #""proxysettings": {}"#,
            #"2:3: proxysettings: there is no setting "proxysettings" here; did you mean "proxySettings"?"#),
        WrongFile(
            "a misspelt name", with: #""proxySettings": {"wssProxyBindProt": "10000"}"#,
            #"2:21: proxySettings.wssProxyBindProt: there is no setting "wssProxyBindProt" here; did you mean "wssProxyBindPort"?"#
        ),
        WrongFile(
            "a name in the wrong case", with: #""limits": {"maxframesize": 1000}"#,
            #"2:14: limits.maxframesize: there is no setting "maxframesize" here; did you mean "maxFrameSize"?"#),
        WrongFile(
            "a name in the wrong section", with: #""audience": ["app"]"#,
            #"2:3: audience: there is no setting "audience" here; it belongs at oidc.audience"#),
        WrongFile(
            "a name like no other", with: #""admin": {"colour": "green"}"#,
            #"2:13: admin.colour: there is no setting "colour" here; the names here are enabled, address, port, checkBackends, hostNames, pidFile"#
        ),
        WrongFile(
            "a section that is a list", with: #""tls": []"#,
            #"2:10: tls: an array is not a section; write an object: "tls": { … }"#),
        WrongFile(
            "null", with: #""admin": {"port": null}"#,
            "2:21: admin.port: null is no value; leave the name out to have the default"),
        WrongFile(
            "a port that is a word", with: #""proxySettings": {"wssProxyBindPort": "1000O"}"#,
            #"2:41: proxySettings.wssProxyBindPort: "1000O" is neither a port nor a range of ports; write a number from 1 to 65535, or first and last such as "10000-10009""#
        ),
        WrongFile(
            "a port out of range", with: #""proxySettings": {"oAuthProxyBindPort": 110800}"#,
            #"2:43: proxySettings.oAuthProxyBindPort: 110800 is neither a port nor a range of ports; write a number from 1 to 65535, or first and last such as "10000-10009""#
        ),
        WrongFile(
            "port zero", with: #""admin": {"port": 0}"#,
            "2:21: admin.port: 0 is not a port; write a number from 1 to 65535"),
        WrongFile(
            "a range backwards", with: #""proxySettings": {"wssProxyBindPort": "10009-10000"}"#,
            #"2:41: proxySettings.wssProxyBindPort: "10009-10000" is neither a port nor a range of ports; write a number from 1 to 65535, or first and last such as "10000-10009""#
        ),
        WrongFile(
            "a range too long", with: #""proxySettings": {"wssProxyBindPort": "10000-20000"}"#,
            "2:41: proxySettings.wssProxyBindPort: the range has 10001 ports; write a range of at most 1000 ports, or several listeners"
        ),
        WrongFile(
            "a scale factor too large for the port", with: #""proxySettings": {"wssProxyBindPort": "443"}"#,
            "2:41: proxySettings.wssProxyBindPort: port 443 less the scale factor 1000 leaves no backend port; listen at ports above 1000, make proxyPortScaleFactor smaller, or name the backend's port"
        ),
        WrongFile(
            "a scale factor too large for the first of several",
            with: #""proxySettings": {"wssProxyBindPort": "1000-1002"}"#,
            "2:41: proxySettings.wssProxyBindPort: port 1000 less the scale factor 1000 leaves no backend port; listen at ports above 1000, make proxyPortScaleFactor smaller, or name the backend's port"
        ),
        WrongFile(
            "a negative number", with: #""proxySettings": {"proxyPortScaleFactor": -1}"#,
            "2:45: proxySettings.proxyPortScaleFactor: -1 is out of range; write a whole number from 0 to 65534"),
        WrongFile(
            "half a process", with: #""proxySettings": {"proxyWorkerProcesses": 1.5}"#,
            #"2:45: proxySettings.proxyWorkerProcesses: 1.5 is not a number of processes; write a whole number from 0 to 1024, or "auto" for one a processor"#
        ),
        WrongFile(
            "too many processes", with: #""proxySettings": {"proxyWorkerProcesses": "5000"}"#,
            #"2:45: proxySettings.proxyWorkerProcesses: "5000" is not a number of processes; write a whole number from 0 to 1024, or "auto" for one a processor"#
        ),
        WrongFile(
            "no connections", with: #""proxySettings": {"proxyWorkerConnections": "0"}"#,
            #"2:47: proxySettings.proxyWorkerConnections: "0" is out of range; write a whole number from 1 to 1000000"#),
        WrongFile(
            "a time with an unknown unit", with: #""proxySettings": {"websockifyReadTimeout": "60sec"}"#,
            #"2:46: proxySettings.websockifyReadTimeout: "60sec" is not a time; write seconds, or a number with a unit such as "500ms", "30s", "2m" or "1h", from 1ms to 365d, or 0 (no limit)"#
        ),
        WrongFile(
            "a negative time", with: #""proxySettings": {"keepaliveTimeout": -5}"#,
            #"2:41: proxySettings.keepaliveTimeout: -5 is not a time; write seconds, or a number with a unit such as "500ms", "30s", "2m" or "1h", from 1s to 1d, or 0 (no keep-alive)"#
        ),
        WrongFile(
            "a time out of range", with: #""proxySettings": {"websockifyConnectTimeout": "2d"}"#,
            #"2:49: proxySettings.websockifyConnectTimeout: "2d" is out of range; write a time from 1ms to 1d"#),
        WrongFile(
            "a ping too early", with: #""limits": {"pingInterval": "5s"}"#,
            #"2:30: limits.pingInterval: "5s" is out of range; write a time from 20s to 1d, or 0 (no pings)"#),
        WrongFile(
            "a size that is none", with: #""limits": {"maxFrameSize": "big"}"#,
            #"2:30: limits.maxFrameSize: "big" is not a size; write a number of bytes, or one with k, m or g such as "32k", from 125 to 16m"#
        ),
        WrongFile(
            "a size out of range", with: #""limits": {"outgoingFrameSize": "1m"}"#,
            #"2:35: limits.outgoingFrameSize: "1m" is out of range; write a number of bytes from 125 to 65535"#),
        WrongFile(
            "a token larger than the head", with: #""limits": {"maxTokenBytes": "64k"}"#,
            "2:31: limits.maxTokenBytes: maxTokenBytes (65536) doesn't fit into maxHeadBytes (32768); make maxHeadBytes larger than maxTokenBytes"
        ),
        WrongFile(
            "a head smaller than the token", with: #""limits": {"maxHeadBytes": "4k"}"#,
            "2:30: limits.maxHeadBytes: maxTargetBytes (8192) doesn't fit into maxHeadBytes (4096); make maxHeadBytes larger than maxTargetBytes",
            "2:30: limits.maxHeadBytes: maxTokenBytes (16384) doesn't fit into maxHeadBytes (4096); make maxHeadBytes larger than maxTokenBytes"
        ),
        WrongFile(
            "the proxy as its own backend", with: #""proxySettings": {"proxyPortScaleFactor": 0}"#,
            #"2:20: proxySettings.wssProxyBindPort: connections to port 10000 would go to 127.0.0.1:10000, which is listener "wss"; name another backend host or port, or another proxyPortScaleFactor"#
        ),
        WrongFile(
            "a backend with its port", with: #""backend": {"host": "app.internal:9000"}"#,
            #"2:23: backend.host: "app.internal:9000" is not a host; write a name or an IP address alone, such as "127.0.0.1"; a port has its own setting"#
        ),
        WrongFile(
            "a backend that is half an address", with: #""backend": {"host": "10.0.0"}"#,
            #"2:23: backend.host: "10.0.0" is not a host; write a name or an IP address alone, such as "127.0.0.1"; a port has its own setting"#
        ),
        WrongFile(
            "a port map from a word", with: #""backend": {"portMap": {"ssh": 22}}"#,
            #"2:27: backend.portMap.ssh: "ssh" is not a listening port; write a number from 1 to 65535 in quotation marks"#
        ),
        WrongFile(
            "a port map to nowhere", with: #""backend": {"portMap": {"10000": "app:"}}"#,
            #"2:36: backend.portMap.10000: "app:" is not a backend; write a port such as 9000, or host and port such as "app.internal:9000" or "[::1]:9000""#
        ),
        WrongFile(
            "two listeners at one port", with: #""proxySettings": {"oAuthProxyBindPort": "10000"}"#,
            #"2:43: proxySettings.oAuthProxyBindPort: listeners "wss" (10000) and "oauth" (10000) share a port; give one of them other ports or another address"#
        ),
        WrongFile(
            "listeners that overlap",
            with: #""listeners": [{"name": "a", "ports": "12000-12009"}, {"name": "b", "ports": 12009}]"#,
            #"2:79: listeners[1].ports: listeners "a" (12000-12009) and "b" (12009) share a port; give one of them other ports or another address"#
        ),
        WrongFile(
            "the admin at a listener's port", with: #""admin": {"port": 11080}"#,
            #"2:21: admin.port: port 11080 is one of listener "oauth"'s; write another port, or "enabled": false"#),
        WrongFile(
            "two listeners of one name",
            with: #""listeners": [{"name": "a", "ports": 12000}, {"name": "a", "ports": 12001}]"#,
            #"2:57: listeners[1].name: "a" is the name of listeners[0] too; choose another name"#),
        WrongFile(
            "a listener without a name", with: #""listeners": [{"ports": 12000}]"#,
            #"2:17: listeners[0].name: it is missing; add "name" with a name for logs and metrics"#),
        WrongFile(
            "a listener with a name of two words", with: #""listeners": [{"name": "the app", "ports": 12000}]"#,
            #"2:26: listeners[0].name: "the app" is not a listener's name; use up to 32 letters, digits, hyphens and underscores"#
        ),
        WrongFile(
            "a listener without ports", with: #""listeners": [{"name": "app"}]"#,
            #"2:17: listeners[0].ports: it is missing; add "ports" with the port or ports to listen at, such as "10443""#
        ),
        WrongFile(
            "a listener of unknown kind", with: #""listeners": [{"name": "app", "ports": 12000, "kind": "brigde"}]"#,
            #"2:57: listeners[0].kind: "brigde" is not one of the choices; did you mean "bridge"?"#),
        WrongFile(
            "a bridge with an upstream",
            with: #""listeners": [{"name": "app", "ports": 12000, "upstream": "http://app"}]"#,
            #"2:61: listeners[0].upstream: a bridge has a backend, not an upstream; write "backend": { "host": …, "port": … }, or "kind": "proxy""#
        ),
        WrongFile(
            "a proxy without upstream", with: #""listeners": [{"name": "app", "ports": 12000, "kind": "proxy"}]"#,
            #"2:17: listeners[0].upstream: it is missing; add "upstream" with where requests go: "http://host:port""#),
        WrongFile(
            "a bridge open to everybody", with: #""listeners": [{"name": "wss", "tokenRequired": false}]"#,
            #"2:50: listeners[0].tokenRequired: without a token, listener "wss" would be open to everybody; leave tokenRequired out, or set tls.clientCertificate to "required""#
        ),
        WrongFile(
            "client certificates without authorities", with: #""tls": {"clientCertificate": "required"}"#,
            #"2:10: tls.clientCA: nothing says which client certificates listener "wss" trusts; add "clientCA" with the file of the authorities' certificates"#
        ),
        WrongFile(
            "every listener off",
            with: #""listeners": [{"name": "wss", "enabled": false}, {"name": "oauth", "enabled": "off"}]"#,
            #"2:16: listeners: every listener is switched off; leave "enabled": false out of one"#),
        WrongFile(
            "a listener that is a word", with: #""listeners": ["wss"]"#,
            #"2:17: listeners[0]: "wss" is not an object; write an object: { … }"#),
        WrongFile(
            "an address that is a name", with: #""listeners": [{"name": "wss", "address": "localhost"}]"#,
            #"2:44: listeners[0].address: "localhost" is not an IP address; write one such as "127.0.0.1" or "::1", or "*" for all addresses of the machine"#
        ),
        WrongFile(
            "a certificate without key", with: #""tls": {"certificate": "cert.pem"}"#,
            #"2:26: tls.certificate: the certificate has no key; add "key" with the file of its private key"#),
        WrongFile(
            "a pair without certificate", with: #""tls": {"certificates": [{"key": "key.pem"}]}"#,
            #"2:28: tls.certificates[0].certificate: it is missing; add "certificate" with the file of a certificate"#),
        WrongFile(
            "another library's records", with: #""tls": {"recordLayer": "gnutls"}"#,
            #"2:26: tls.recordLayer: "gnutls" is not one of the choices; write "built-in" or "openssl""#),
        WrongFile(
            "an old TLS version", with: #""tls": {"minVersion": "1.0"}"#,
            #"2:25: tls.minVersion: "1.0" is not one of the choices; write "1.2" or "1.3""#),
        WrongFile(
            "a level that is none", with: #""logs": {"level": "warning"}"#,
            #"2:21: logs.level: "warning" is not one of the choices; did you mean "warn"?"#),
        WrongFile(
            "a flag that is none", with: #""admin": {"enabled": "yes"}"#,
            #"2:24: admin.enabled: "yes" is neither true nor false; write true or false"#),
        WrongFile(
            "workers as root", with: #""security": {"user": "root"}"#,
            #"2:24: security.user: workers must not run as root; name a user that owns nothing, such as "nobody""#),
        WrongFile(
            "a filter that the kernel would refuse",
            with: #""security": {"noNewPrivileges": false, "landlock": false}"#,
            "2:35: security.noNewPrivileges: without it the kernel refuses seccomp; leave it true, or set seccomp to false too"
        ),
        WrongFile(
            "two layers that the kernel would refuse", with: #""security": {"noNewPrivileges": "off"}"#,
            "2:35: security.noNewPrivileges: without it the kernel refuses landlock and seccomp; leave it true, or set landlock and seccomp to false too"
        ),
        WrongFile(
            "a layer that is gone", with: #""security": {"sandbox": true}"#,
            #"2:16: security.sandbox: there is no setting "sandbox" here; the names here are user, group, jailBaseDir, noNewPrivileges, dropCapabilities, landlock, seccomp, keyIsolation"#
        ),
        WrongFile(
            "a misspelt layer", with: #""security": {"seccomb": true}"#,
            #"2:16: security.seccomb: there is no setting "seccomb" here; did you mean "seccomp"?"#),
        WrongFile(
            "a layer that is half on", with: #""security": {"landlock": "best-effort"}"#,
            #"2:28: security.landlock: "best-effort" is neither true nor false; write true or false"#),
        WrongFile(
            "capabilities by number", with: #""security": {"dropCapabilities": 1}"#,
            "2:36: security.dropCapabilities: 1 is neither true nor false; write true or false"),
        WrongFile(
            "a jail that is none", with: #""security": {"jailBaseDir": "/"}"#,
            #"2:31: security.jailBaseDir: the machine's root directory is no jail; name an empty directory that belongs to root, or leave the name out to have no jail"#
        ),
        WrongFile(
            "a jail that is none, in the sample's place", with: #""proxySettings": {"jailBaseDir": "//"}"#,
            #"2:36: proxySettings.jailBaseDir: the machine's root directory is no jail; name an empty directory that belongs to root, or leave the name out to have no jail"#
        ),
        WrongFile(
            "keys kept from a single process",
            with: #""proxySettings": {"proxyWorkerProcesses": "0"}, "security": {"keyIsolation": true}"#,
            "2:80: security.keyIsolation: a single process can't keep keys from itself; run at least one worker process, or set keyIsolation to false"
        ),
        WrongFile(
            "a key store for a single process",
            with:
                #""proxySettings": {"proxyWorkerProcesses": 0}, "tls": {"certificate": "c.pem", "key": "pkcs11:object=k"}"#,
            "2:56: tls: the key pkcs11:object=k is used by a process of its own, and with 0 worker processes there is none; run at least one worker process, or name a key file"
        ),
        WrongFile(
            "a front door's key in a store, for a single process",
            with:
                #""proxySettings": {"proxyWorkerProcesses": 0}, "gateway": {"certificate": "c.pem", "key": "pkcs11:object=k"}"#,
            "2:60: gateway: the key pkcs11:object=k is used by a process of its own, and with 0 worker processes there is none; run at least one worker process, or name a key file"
        ),
        WrongFile(
            "backends checked by a word", with: #""admin": {"checkBackends": "always"}"#,
            #"2:30: admin.checkBackends: "always" is neither true nor false; write true or false"#),
        WrongFile(
            "a host name with a port", with: #""admin": {"hostNames": ["localhost", "proxy:11090"]}"#,
            #"2:40: admin.hostNames[1]: "proxy:11090" is not a host; write a name alone, such as "proxy.example.com", without port"#
        ),
        WrongFile(
            "a host name that is an address of the web", with: #""admin": {"hostNames": "http://proxy"}"#,
            #"2:26: admin.hostNames: "http://proxy" is not a host; write a name alone, such as "proxy.example.com", without port"#
        ),
        WrongFile(
            "a host name that is a number", with: #""admin": {"hostNames": [7]}"#,
            "2:27: admin.hostNames[0]: 7 is not a text; write it in quotation marks"),
        WrongFile(
            "no pid file", with: #""admin": {"pidFile": ""}"#,
            "2:24: admin.pidFile: the text is empty; write something, or leave the name out"),
        WrongFile(
            "a pid file that is a flag", with: #""admin": {"pidFile": false}"#,
            "2:24: admin.pidFile: false is not a text; write it in quotation marks"),
        WrongFile(
            "certificates looked at all the time", with: #""tls": {"reloadInterval": "100ms"}"#,
            #"2:29: tls.reloadInterval: "100ms" is out of range; write a time from 1s to 1d, or 0 (never)"#),
        WrongFile(
            "tickets with one key for ever", with: #""tls": {"ticketKeyRotation": 0}"#,
            "2:32: tls.ticketKeyRotation: 0 is out of range; write a time from 60s to 7d"),
        WrongFile(
            "no time to start", with: #""limits": {"workerStartTimeout": 0}"#,
            "2:36: limits.workerStartTimeout: 0 is out of range; write a time from 100ms to 10m"),
        WrongFile(
            "no pause between crashes", with: #""limits": {"restartDelay": "0s"}"#,
            #"2:30: limits.restartDelay: "0s" is out of range; write a time from 10ms to 10m"#),
        WrongFile(
            "a pause longer than the longest", with: #""limits": {"restartDelay": "1m"}"#,
            "2:30: limits.restartDelay: restartDelay (60s) is longer than maxRestartDelay (30s); make maxRestartDelay at least as long as restartDelay"
        ),
        WrongFile(
            "a longest pause shorter than the first", with: #""limits": {"maxRestartDelay": "500ms"}"#,
            "2:33: limits.maxRestartDelay: restartDelay (1s) is longer than maxRestartDelay (500ms); make maxRestartDelay at least as long as restartDelay"
        ),
        WrongFile(
            "an empty text", with: #""security": {"group": ""}"#,
            "2:25: security.group: the text is empty; write something, or leave the name out"),
        WrongFile(
            "a control character", with: #""logs": {"directory": "logs\n"}"#,
            #"2:25: logs.directory: the text contains a control character; leave \n, \t and their like out"#),
        WrongFile(
            "an upstream with a path", with: #""gateway": {"upstream": "https://id.example.com/oauth2"}"#,
            #"2:27: gateway.upstream: "https://id.example.com/oauth2" has a path; write only scheme, host and port: "https://id.example.com"; paths belong to the routes"#
        ),
        WrongFile(
            "a route without slash", with: #""gateway": {"routes": {"token": "/oauth2/token"}}"#,
            #"2:26: gateway.routes.token: "token" is not a path; write one that starts with / and has no query, such as "/token""#
        ),
        WrongFile(
            "a route to nowhere", with: #""gateway": {"routes": {"/token": "oauth2/token"}}"#,
            #"2:36: gateway.routes["/token"]: "oauth2/token" is not a path of the upstream; write one that starts with /, such as "/oauth2/token", or false to close the route"#
        ),
        WrongFile(
            "the mocks at one port", with: #""mockServers": {"tcpServerPort": 10080}"#,
            "2:18: mockServers.oAuthServerPort: both mock servers would listen at port 10080; write another port"),
        WrongFile(
            "a discovery that is a path", oidc: #""discovery": "/.well-known/openid-configuration""#,
            #"2:25: oidc.discovery: "/.well-known/openid-configuration" is not an http or https address; write it in full, such as "https://login.example.com/path""#
        ),
        WrongFile(
            "keys without issuer",
            "{\n  \"oidc\": {\"jwksURI\": \"https://id.example.com/keys\"},\n  \"gateway\": {\"upstream\": \"https://id.example.com\"}\n}",
            #"2:11: oidc.issuer: jwksURI alone doesn't say whose tokens are accepted; add "issuer" with the value of the tokens' iss claim"#
        ),
        WrongFile(
            "keys without upstream",
            oidc: #""jwksURI": "https://id.example.com/keys", "issuer": "https://id.example.com/""#,
            #"1:1: gateway.upstream: the OAuth front door has no upstream; add "gateway": { "upstream": "http://host:port" }, or oidc.discovery"#
        ),
        WrongFile(
            "an algorithm that is none",
            oidc: #""discovery": "https://id.example.com/x", "algorithms": ["RS256", "none"]"#,
            #"2:67: oidc.algorithms: "none" can't be accepted: the provider's public keys don't protect such tokens; leave it out; RS256 and ES256 are what most providers use"#
        ),
        WrongFile(
            "a shared secret", oidc: #""discovery": "https://id.example.com/x", "algorithms": ["HS256"]"#,
            #"2:67: oidc.algorithms: "HS256" can't be accepted: the provider's public keys don't protect such tokens; leave it out; RS256 and ES256 are what most providers use"#
        ),
        WrongFile(
            "an unknown algorithm", oidc: #""discovery": "https://id.example.com/x", "algorithms": ["RS257"]"#,
            #"2:68: oidc.algorithms[0]: "RS257" is not one of the choices; did you mean "RS256"?"#),
        WrongFile(
            "no algorithm", oidc: #""discovery": "https://id.example.com/x", "algorithms": []"#,
            #"2:67: oidc.algorithms: the list is empty; name at least one of "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512" or "EdDSA""#
        ),
        WrongFile(
            "a source twice", oidc: #""discovery": "https://id.example.com/x", "tokenSources": ["header", "header"]"#,
            #"2:80: oidc.tokenSources[1]: "header" stands here twice; leave one of them out"#),
        WrongFile(
            "a status that is no refusal", oidc: #""discovery": "https://id.example.com/x", "rejectStatus": 404"#,
            #"2:69: oidc.rejectStatus: 404 is not one of the choices; write "401" or "403""#),
        WrongFile(
            "a leeway too long", oidc: #""discovery": "https://id.example.com/x", "leeway": "1h""#,
            #"2:63: oidc.leeway: "1h" is out of range; write a time from 0s to 10m"#),
        WrongFile(
            "an audience that is a number", oidc: #""discovery": "https://id.example.com/x", "audience": [7]"#,
            "2:66: oidc.audience[0]: 7 is not a text; write it in quotation marks"),
        WrongFile(
            "a claim that nothing can be",
            oidc: #""discovery": "https://id.example.com/x", "requiredClaims": {"token_use": []}"#,
            "2:85: oidc.requiredClaims.token_use: no value would do; name at least one value, or leave the claim out"),
        WrongFile(
            "a claim compared with an object",
            oidc: #""discovery": "https://id.example.com/x", "requiredClaims": {"a": ["x", {}]}"#,
            "2:83: oidc.requiredClaims.a[1]: an object can't be compared with a claim; write a text, a whole number, true or false, or a list of them"
        ),
        WrongFile(
            "a cookie with a space", oidc: #""discovery": "https://id.example.com/x", "cookie": "my token""#,
            #"2:63: oidc.cookie: "my token" can't be a name here; use letters, digits, hyphens and underscores"#),
        WrongFile(
            "a realm with quotation marks", oidc: #""discovery": "https://id.example.com/x", "realm": "\"x\"""#,
            #"2:62: oidc.realm: "\"x\"" can't stand in a header field; use ASCII characters other than quotation marks and backslashes"#
        ),
        WrongFile(
            "ages the wrong way round", oidc: #""discovery": "https://id.example.com/x", "minAge": "20m""#,
            "2:63: oidc.minAge: it is longer than maxAge (10m); make it shorter, or maxAge longer"),
        WrongFile(
            "an address with a password", oidc: #""discovery": "https://user:pw@id.example.com/x""#,
            #"2:25: oidc.discovery: the address names a user; write it without, such as "https://login.example.com/path""#
        ),
        WrongFile(
            "a front door to itself", oidc: #""discovery": "http://127.0.0.1:11080/configuration""#,
            #"2:25: oidc.discovery: requests would go to 127.0.0.1:11080, which is listener "oauth"; write the address of the OAuth server itself, not the proxy's"#
        ),
        WrongFile(
            "an upstream that is the bridge", with: #""gateway": {"upstream": "https://localhost:10000"}"#,
            #"2:27: gateway.upstream: requests would go to localhost:10000, which is listener "wss"; write the address of the OAuth server itself, not the proxy's"#
        ),
        WrongFile(
            "a text that is a number", with: #""security": {"user": 1000}"#,
            "2:24: security.user: 1000 is not a text; write it in quotation marks"),
        WrongFile(
            "a size too large to count", with: #""limits": {"maxHeadBytes": "99999999999999999999k"}"#,
            #"2:30: limits.maxHeadBytes: "99999999999999999999k" is not a size; write a number of bytes, or one with k, m or g such as "32k", from 1k to 1m"#
        ),
        WrongFile(
            "a time too long to count", with: #""limits": {"maxLifetime": "999999999999999999h"}"#,
            #"2:29: limits.maxLifetime: "999999999999999999h" is not a time; write seconds, or a number with a unit such as "500ms", "30s", "2m" or "1h", from 1s to 365d, or 0 (no limit)"#
        ),
        WrongFile(
            "a table that is a list", with: #""gateway": {"routes": ["/token"]}"#,
            #"2:25: gateway.routes: an array is not an object; write an object: "routes": { … }"#),
        WrongFile(
            "a list that is an object", with: #""listeners": {"name": "wss"}"#,
            #"2:16: listeners: an object is not a list; write a list of objects: "listeners": [ { … } ]"#),
        WrongFile(
            "several at once",
            "{\n  \"proxySettings\": {\"proxyWorkerProcesses\": \"many\", \"keepaliveTimeout\": \"long\"},\n  \"admin\": {\"prot\": 1, \"address\": \"here\"}\n}",
            #"1:1: oidc.discovery: nothing says whose tokens are accepted; add "oidc": { "discovery": "https://…/.well-known/openid-configuration" }"#,
            #"2:45: proxySettings.proxyWorkerProcesses: "many" is not a number of processes; write a whole number from 0 to 1024, or "auto" for one a processor"#,
            #"2:73: proxySettings.keepaliveTimeout: "long" is not a time; write seconds, or a number with a unit such as "500ms", "30s", "2m" or "1h", from 1s to 1d, or 0 (no keep-alive)"#,
            #"3:13: admin.prot: there is no setting "prot" here; did you mean "port"?"#,
            #"3:35: admin.address: "here" is not an IP address; write one such as "127.0.0.1" or "::1", or "*" for all addresses of the machine"#
        ),
    ]
}
