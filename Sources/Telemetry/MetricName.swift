// Every name under which this proxy counts and measures, and nothing else. docs/METRICS.md is made from this file.
//
// Rules:
// - What is counted is a case here before it is counted anywhere; its place in the metrics memory follows from its order.
// - Labels have few, fixed values: never an address, a name or anything else that comes from outside.
// - A counter that nothing has happened to is 0, not absent, so that a rate can be taken from the start.
// - Gauges go back to 0 when what they count has ended, however it ended.

/// The families of metrics, in the order in which they are shown. The raw value is the name without its prefix.
public enum MetricName: String, CaseIterable, Sendable {
    /// Client connections accepted.
    case connections = "connections_accepted_total"
    /// Client connections turned away.
    case connectionsRefused = "connections_refused_total"
    /// Client connections that were too slow.
    case connectionTimeouts = "connection_timeouts_total"
    /// Open client connections by state.
    case connectionStates = "connections"
    /// Connections on their way to a tunnel.
    case sessions = "sessions"
    /// TLS with clients.
    case tlsEvents = "tls_events_total"
    /// TLS with servers.
    case upstreamTLSEvents = "upstream_tls_events_total"
    /// Time of TLS handshakes.
    case tlsHandshakeSeconds = "tls_handshake_seconds"
    /// Verdicts of the gate.
    case gateVerdicts = "gate_verdicts_total"
    /// Verdicts from the cache.
    case gateRemembered = "gate_verdicts_remembered_total"
    /// Requests that waited for keys.
    case gateWaits = "gate_waits_total"
    /// Upgrades answered.
    case upgrades = "upgrades_total"
    /// Time to a tunnel.
    case upgradeSeconds = "upgrade_seconds"
    /// Open tunnels.
    case tunnels = "tunnels"
    /// Tunnels opened.
    case tunnelsOpened = "tunnels_opened_total"
    /// Tunnels ended.
    case tunnelEnds = "tunnel_ends_total"
    /// Limits that tunnels met.
    case tunnelTimeouts = "tunnel_timeouts_total"
    /// How long tunnels lasted.
    case tunnelSeconds = "tunnel_seconds"
    /// Payload of tunnels.
    case tunnelBytes = "tunnel_bytes_total"
    /// Data frames to clients.
    case framesSent = "frames_sent_total"
    /// Pings sent.
    case pingsSent = "pings_sent_total"
    /// Close codes.
    case closeCodes = "close_codes_total"
    /// Connections to servers.
    case dials = "dials_total"
    /// Time of dials.
    case dialSeconds = "dial_seconds"
    /// Proxied requests.
    case gatewayRequests = "gateway_requests_total"
    /// Time of proxied requests.
    case gatewaySeconds = "gateway_request_seconds"
    /// Refreshes of keys.
    case jwksRefreshes = "jwks_refreshes_total"
    /// Keys at hand.
    case jwksKeys = "jwks_keys"
    /// Age of the keys.
    case jwksAge = "jwks_age_seconds"
    /// Log lines dropped.
    case droppedLogLines = "log_lines_dropped_total"
    /// Worker processes.
    case workers = "workers"
    /// One worker process.
    case workerUp = "worker_up"
    /// Tunnels of a worker.
    case workerTunnels = "worker_tunnels"
    /// Memory of a worker.
    case workerResidentBytes = "worker_resident_bytes"
    /// CPU time of a worker.
    case workerCPUSeconds = "worker_cpu_seconds_total"
    /// Start of a worker.
    case workerStartTime = "worker_start_time_seconds"
    /// Workers replaced.
    case workerRestarts = "worker_restarts_total"
    /// Reloads.
    case reloads = "reloads_total"
    /// The last reload.
    case lastReload = "last_reload_timestamp_seconds"
    /// The present generation.
    case generation = "generation"
    /// Whether the proxy drains.
    case draining = "draining"
    /// The running version.
    case buildInfo = "build_info"

    /// What all names begin with.
    static let prefix = "secure_proxy_"

    /// The name as Prometheus sees it.
    public var text: String { Self.prefix + rawValue }

    /// How Prometheus takes the family.
    public var kind: MetricKind {
        switch self {
        case .connectionStates, .sessions, .tunnels, .jwksKeys, .jwksAge, .workers, .workerUp, .workerTunnels,
            .workerResidentBytes, .workerStartTime, .lastReload, .generation, .draining, .buildInfo:
            .gauge
        case .tlsHandshakeSeconds, .upgradeSeconds, .tunnelSeconds, .dialSeconds, .gatewaySeconds:
            .histogram
        default: .counter
        }
    }

    /// The names of the family's labels.
    public var labels: [String] {
        switch self {
        case .connections: ["kind"]
        case .connectionsRefused: ["reason"]
        case .connectionTimeouts: ["phase"]
        case .connectionStates, .workers: ["state"]
        case .tlsEvents, .upstreamTLSEvents: ["event"]
        case .gateVerdicts: ["verdict"]
        case .upgrades: ["status"]
        case .tunnelEnds: ["end"]
        case .tunnelTimeouts: ["limit"]
        case .tunnelBytes: ["direction"]
        case .closeCodes: ["side", "code"]
        case .dials: ["target", "result"]
        case .gatewayRequests: ["kind", "status"]
        case .jwksRefreshes, .reloads: ["result"]
        case .workerUp: ["worker", "generation", "pid"]
        case .workerTunnels, .workerResidentBytes, .workerCPUSeconds, .workerStartTime: ["worker", "generation"]
        case .buildInfo: ["version"]
        default: []
        }
    }

    /// What the family tells, in one line.
    public var help: String {
        switch self {
        case .connections: "Connections accepted, by the kind of their listener."
        case .connectionsRefused:
            "Connections turned away because a limit was reached: worker (answered 503) or address (closed "
                + "unanswered); unserved ones failed inside this process."
        case .connectionTimeouts: "Connections that were too slow, by what did not come in time."
        case .connectionStates:
            "Open client connections, with nginx's meaning: active are all of them; reading are in their TLS "
                + "handshake or sending a request's head; writing are tunnels and answers in progress; waiting are "
                + "kept alive between requests."
        case .sessions: "Connections of bridge listeners on their way to a tunnel or an answer."
        case .tlsEvents: "TLS with clients, under Envoy's names for its listener statistics."
        case .upstreamTLSEvents:
            "TLS with OAuth servers, upstreams and identity providers, under Envoy's names for its cluster "
                + "statistics."
        case .tlsHandshakeSeconds:
            "From the accepted connection to the end of its TLS handshake, for handshakes that completed."
        case .gateVerdicts:
            "Verdicts of the token gate: admitted, no keys to judge with (unavailable), or why the token was "
                + "refused."
        case .gateRemembered: "Admissions that came from the verdict cache, without verifying a signature."
        case .gateWaits: "Requests that waited for a refresh of the provider's keys."
        case .upgrades: "Upgrade requests answered, by status; 101 is a tunnel."
        case .upgradeSeconds: "From the accepted connection to the 101: TLS handshake, request, gate and dial together."
        case .tunnels: "Open tunnels."
        case .tunnelsOpened: "Tunnels opened."
        case .tunnelEnds: "Tunnels ended, by whose act it was."
        case .tunnelTimeouts: "Limits of time that a tunnel met; all but close end it."
        case .tunnelSeconds: "How long tunnels lasted, counted when they end."
        case .tunnelBytes: "Payload bytes of tunnels."
        case .framesSent: "Data frames sent to clients."
        case .pingsSent: "Pings sent to clients that had been silent."
        case .closeCodes:
            "Close codes of ended tunnels, sent to the client and received from it; 1005 is a Close frame "
                + "without a code, 1006 the end of a tunnel without a Close frame from that side."
        case .dials:
            "Connections made to backends, to upstreams of front doors and proxies, and to the identity "
                + "provider, TLS included."
        case .dialSeconds:
            "From the start of a dial to the connected backend, name resolution included, for dials that "
                + "succeeded."
        case .gatewayRequests: "Requests of OAuth front doors and HTTP proxies answered, by class of status."
        case .gatewaySeconds:
            "From the end of a request's head to the end of its response, for OAuth front doors and HTTP "
                + "proxies."
        case .jwksRefreshes: "Refreshes of the identity provider's keys."
        case .jwksKeys: "Keys of the identity provider that can verify something; the fewest that a worker has."
        case .jwksAge:
            "Age of the identity provider's keys; the oldest that a worker has. Absent until keys were fetched."
        case .droppedLogLines: "Log lines that were dropped because their target did not take them in time."
        case .workers: "Worker processes by state."
        case .workerUp: "1 for each worker process."
        case .workerTunnels: "Open tunnels of one worker."
        case .workerResidentBytes: "Resident memory of one worker."
        case .workerCPUSeconds: "CPU time of one worker, user and system."
        case .workerStartTime: "When a worker was started, in Unix time."
        case .workerRestarts: "Workers replaced because they ended unasked."
        case .reloads: "Reloads of settings and certificates, by signal or by timer."
        case .lastReload: "When settings or certificates were last taken over, in Unix time."
        case .generation: "The number of the present generation of workers."
        case .draining: "1 while the proxy as a whole finishes what is open and takes nothing new."
        case .buildInfo: "Always 1; its label names the running version."
        }
    }
}

/// What is counted: each case is one series. The raw value is its place in a ``MetricsSlot``.
public enum Counter: Int, CaseIterable, Sendable {
    // Connections.

    /// Accepted by a bridge listener.
    case bridgeConnections
    /// Accepted by an OAuth front door.
    case oauthConnections
    /// Accepted by an HTTP proxy.
    case proxyConnections
    /// Turned away because the worker has as many tunnels as it may.
    case refusedByWorker
    /// Turned away because their address has as many as it may.
    case refusedByAddress
    /// Closed because no descriptor, memory or TLS object could be had for them.
    case unserved
    /// No TLS handshake in time.
    case handshakeTimeouts
    /// No complete request head in time, or nothing at all.
    case headTimeouts
    /// Waited for the provider's keys as long as a request may.
    case keysTimeouts
    // TLS.

    /// With clients: handshakes completed.
    case tlsHandshake
    /// With clients: connections that failed other than by verification.
    case tlsConnectionError
    /// With clients: handshakes that resumed a session.
    case tlsSessionReused
    /// With clients: handshakes without a certificate from the peer.
    case tlsNoCertificate
    /// With clients: failed because the peer sent no certificate.
    case tlsFailVerifyNoCertificate
    /// With clients: failed because the peer's certificate is not trusted.
    case tlsFailVerifyError
    /// With clients: failed because the peer's certificate is for another name.
    case tlsFailVerifySubjectAlternativeName
    /// With servers: handshakes completed.
    case upstreamTLSHandshake
    /// With servers: connections that failed other than by verification.
    case upstreamTLSConnectionError
    /// With servers: handshakes that resumed a session.
    case upstreamTLSSessionReused
    /// With servers: handshakes without a certificate from the peer.
    case upstreamTLSNoCertificate
    /// With servers: failed because the peer sent no certificate.
    case upstreamTLSFailVerifyNoCertificate
    /// With servers: failed because the peer's certificate is not trusted.
    case upstreamTLSFailVerifyError
    /// With servers: failed because the peer's certificate is for another name.
    case upstreamTLSFailVerifySubjectAlternativeName
    // The gate.

    /// Let in.
    case gateAdmitted
    /// No token.
    case gateNoToken
    /// More than one token.
    case gateSeveralTokens
    /// More than one `Authorization` field.
    case gateSeveralAuthorizations
    /// Something in the place of a token that can't be one.
    case gateMalformedCredentials
    /// A token that is too long.
    case gateTokenTooLarge
    /// Not a signed token in compact form.
    case gateMalformedToken
    /// An algorithm that is unknown or not allowed.
    case gateAlgorithm
    /// A wrong signature.
    case gateSignature
    /// No key of the provider fits.
    case gateKey
    /// A payload that isn't a set of claims.
    case gateMalformedClaims
    /// A token for another purpose.
    case gateType
    /// Another issuer.
    case gateIssuer
    /// Another audience.
    case gateAudience
    /// No `exp`.
    case gateNoExpiry
    /// `exp` has passed.
    case gateExpired
    /// `nbf` has not come yet.
    case gateNotYetValid
    /// `iat` has not come yet.
    case gateIssuedInFuture
    /// Another `token_use`.
    case gateTokenUse
    /// A required claim is missing or has another value.
    case gateClaim
    /// A required scope is missing.
    case gateScope
    /// No keys to judge with.
    case gateUnavailable
    /// Admitted by the verdict cache.
    case gateRemembered
    /// Waited for keys.
    case gateWaits
    // Upgrades.

    /// Answered 101.
    case upgrade101
    /// Answered 400.
    case upgrade400
    /// Answered 401.
    case upgrade401
    /// Answered 403.
    case upgrade403
    /// Answered 405.
    case upgrade405
    /// Answered 408.
    case upgrade408
    /// Answered 413.
    case upgrade413
    /// Answered 414.
    case upgrade414
    /// Answered 417.
    case upgrade417
    /// Answered 426.
    case upgrade426
    /// Answered 431.
    case upgrade431
    /// Answered 501.
    case upgrade501
    /// Answered 502.
    case upgrade502
    /// Answered 503.
    case upgrade503
    /// Answered 504.
    case upgrade504
    /// Answered 505.
    case upgrade505
    /// Answered with another status.
    case upgradeOther
    // Tunnels.

    /// Opened.
    case tunnelsOpened
    /// The client sent a Close frame.
    case endedByClientClose
    /// The client's connection ended without one.
    case endedByClientGone
    /// The client broke the protocol.
    case endedByClientViolation
    /// The backend finished its side.
    case endedByBackendFinished
    /// The backend's connection broke.
    case endedByBackendReset
    /// This proxy ended it.
    case endedByProxy
    /// No data either way.
    case timeoutIdle
    /// A ping was not answered.
    case timeoutPong
    /// The backend took no data.
    case timeoutBackendStalled
    /// The client took no data.
    case timeoutClientStalled
    /// The token ended.
    case timeoutTokenExpired
    /// It lasted as long as it may.
    case timeoutLifetime
    /// A step of closing took too long.
    case timeoutClose
    /// Payload for backends.
    case bytesToBackend
    /// Payload for clients.
    case bytesToClient
    /// Data frames to clients.
    case framesSent
    /// Pings to clients.
    case pingsSent
    /// 1000 sent.
    case closeSent1000
    /// 1001 sent.
    case closeSent1001
    /// 1002 sent.
    case closeSent1002
    /// 1003 sent.
    case closeSent1003
    /// A Close frame without a code sent.
    case closeSent1005
    /// No Close frame sent.
    case closeSent1006
    /// 1007 sent.
    case closeSent1007
    /// 1008 sent.
    case closeSent1008
    /// 1009 sent.
    case closeSent1009
    /// 1011 sent.
    case closeSent1011
    /// Another code sent.
    case closeSentOther
    /// 1000 received.
    case closeReceived1000
    /// 1001 received.
    case closeReceived1001
    /// 1002 received.
    case closeReceived1002
    /// 1003 received.
    case closeReceived1003
    /// A Close frame without a code received.
    case closeReceived1005
    /// No Close frame received.
    case closeReceived1006
    /// 1007 received.
    case closeReceived1007
    /// 1008 received.
    case closeReceived1008
    /// 1009 received.
    case closeReceived1009
    /// 1011 received.
    case closeReceived1011
    /// Another code received.
    case closeReceivedOther
    // Connections to servers.

    /// Connected to a backend.
    case backendDialConnected
    /// Refused by a backend.
    case backendDialRefused
    /// No address of a backend.
    case backendDialUnresolvable
    /// No connection in time to a backend.
    case backendDialTimedOut
    /// Another failure to reach a backend.
    case backendDialFailed
    /// Connected to an upstream.
    case upstreamDialConnected
    /// Refused by an upstream.
    case upstreamDialRefused
    /// No address of an upstream.
    case upstreamDialUnresolvable
    /// No connection in time to an upstream.
    case upstreamDialTimedOut
    /// No TLS with an upstream.
    case upstreamDialTLSFailed
    /// Another failure to reach an upstream.
    case upstreamDialFailed
    /// Connected to an identity provider.
    case providerDialConnected
    /// Refused by an identity provider.
    case providerDialRefused
    /// No address of an identity provider.
    case providerDialUnresolvable
    /// No connection in time to an identity provider.
    case providerDialTimedOut
    /// No TLS with an identity provider.
    case providerDialTLSFailed
    /// Another failure to reach an identity provider.
    case providerDialFailed
    // Proxied requests.

    /// Answered 2xx by an OAuth front door.
    case oauthRequests2xx
    /// Answered 3xx by an OAuth front door.
    case oauthRequests3xx
    /// Answered 4xx by an OAuth front door.
    case oauthRequests4xx
    /// Answered 5xx by an OAuth front door.
    case oauthRequests5xx
    /// Answered 2xx by an HTTP proxy.
    case proxyRequests2xx
    /// Answered 3xx by an HTTP proxy.
    case proxyRequests3xx
    /// Answered 4xx by an HTTP proxy.
    case proxyRequests4xx
    /// Answered 5xx by an HTTP proxy.
    case proxyRequests5xx
    // The provider's keys, logs, processes.

    /// Brought a good set of keys.
    case jwksRefreshesOK
    /// Brought none.
    case jwksRefreshesFailed
    /// Dropped.
    case droppedLogLines
    /// Replaced.
    case workerRestarts
    /// Taken over.
    case reloadsOK
    /// Failed; what was running goes on.
    case reloadsFailed

    /// The family and the values of its labels.
    public var series: MetricSeries {
        switch self {
        case .bridgeConnections: MetricSeries(.connections, "bridge")
        case .oauthConnections: MetricSeries(.connections, "oauth")
        case .proxyConnections: MetricSeries(.connections, "proxy")
        case .refusedByWorker: MetricSeries(.connectionsRefused, "worker")
        case .refusedByAddress: MetricSeries(.connectionsRefused, "address")
        case .unserved: MetricSeries(.connectionsRefused, "unserved")
        case .handshakeTimeouts: MetricSeries(.connectionTimeouts, "tls_handshake")
        case .headTimeouts: MetricSeries(.connectionTimeouts, "request_head")
        case .keysTimeouts: MetricSeries(.connectionTimeouts, "keys")
        case .tlsHandshake: MetricSeries(.tlsEvents, "handshake")
        case .tlsConnectionError: MetricSeries(.tlsEvents, "connection_error")
        case .tlsSessionReused: MetricSeries(.tlsEvents, "session_reused")
        case .tlsNoCertificate: MetricSeries(.tlsEvents, "no_certificate")
        case .tlsFailVerifyNoCertificate: MetricSeries(.tlsEvents, "fail_verify_no_cert")
        case .tlsFailVerifyError: MetricSeries(.tlsEvents, "fail_verify_error")
        case .tlsFailVerifySubjectAlternativeName: MetricSeries(.tlsEvents, "fail_verify_san")
        case .upstreamTLSHandshake: MetricSeries(.upstreamTLSEvents, "handshake")
        case .upstreamTLSConnectionError: MetricSeries(.upstreamTLSEvents, "connection_error")
        case .upstreamTLSSessionReused: MetricSeries(.upstreamTLSEvents, "session_reused")
        case .upstreamTLSNoCertificate: MetricSeries(.upstreamTLSEvents, "no_certificate")
        case .upstreamTLSFailVerifyNoCertificate: MetricSeries(.upstreamTLSEvents, "fail_verify_no_cert")
        case .upstreamTLSFailVerifyError: MetricSeries(.upstreamTLSEvents, "fail_verify_error")
        case .upstreamTLSFailVerifySubjectAlternativeName: MetricSeries(.upstreamTLSEvents, "fail_verify_san")
        case .gateAdmitted: MetricSeries(.gateVerdicts, "admitted")
        case .gateNoToken: MetricSeries(.gateVerdicts, "no_token")
        case .gateSeveralTokens: MetricSeries(.gateVerdicts, "several_tokens")
        case .gateSeveralAuthorizations: MetricSeries(.gateVerdicts, "several_authorizations")
        case .gateMalformedCredentials: MetricSeries(.gateVerdicts, "malformed_credentials")
        case .gateTokenTooLarge: MetricSeries(.gateVerdicts, "token_too_large")
        case .gateMalformedToken: MetricSeries(.gateVerdicts, "malformed_token")
        case .gateAlgorithm: MetricSeries(.gateVerdicts, "algorithm")
        case .gateSignature: MetricSeries(.gateVerdicts, "signature")
        case .gateKey: MetricSeries(.gateVerdicts, "key")
        case .gateMalformedClaims: MetricSeries(.gateVerdicts, "malformed_claims")
        case .gateType: MetricSeries(.gateVerdicts, "type")
        case .gateIssuer: MetricSeries(.gateVerdicts, "issuer")
        case .gateAudience: MetricSeries(.gateVerdicts, "audience")
        case .gateNoExpiry: MetricSeries(.gateVerdicts, "no_expiry")
        case .gateExpired: MetricSeries(.gateVerdicts, "expired")
        case .gateNotYetValid: MetricSeries(.gateVerdicts, "not_yet_valid")
        case .gateIssuedInFuture: MetricSeries(.gateVerdicts, "issued_in_future")
        case .gateTokenUse: MetricSeries(.gateVerdicts, "token_use")
        case .gateClaim: MetricSeries(.gateVerdicts, "claim")
        case .gateScope: MetricSeries(.gateVerdicts, "scope")
        case .gateUnavailable: MetricSeries(.gateVerdicts, "unavailable")
        case .gateRemembered: MetricSeries(.gateRemembered)
        case .gateWaits: MetricSeries(.gateWaits)
        case .upgrade101: MetricSeries(.upgrades, "101")
        case .upgrade400: MetricSeries(.upgrades, "400")
        case .upgrade401: MetricSeries(.upgrades, "401")
        case .upgrade403: MetricSeries(.upgrades, "403")
        case .upgrade405: MetricSeries(.upgrades, "405")
        case .upgrade408: MetricSeries(.upgrades, "408")
        case .upgrade413: MetricSeries(.upgrades, "413")
        case .upgrade414: MetricSeries(.upgrades, "414")
        case .upgrade417: MetricSeries(.upgrades, "417")
        case .upgrade426: MetricSeries(.upgrades, "426")
        case .upgrade431: MetricSeries(.upgrades, "431")
        case .upgrade501: MetricSeries(.upgrades, "501")
        case .upgrade502: MetricSeries(.upgrades, "502")
        case .upgrade503: MetricSeries(.upgrades, "503")
        case .upgrade504: MetricSeries(.upgrades, "504")
        case .upgrade505: MetricSeries(.upgrades, "505")
        case .upgradeOther: MetricSeries(.upgrades, "other")
        case .tunnelsOpened: MetricSeries(.tunnelsOpened)
        case .endedByClientClose: MetricSeries(.tunnelEnds, "client_close")
        case .endedByClientGone: MetricSeries(.tunnelEnds, "client_gone")
        case .endedByClientViolation: MetricSeries(.tunnelEnds, "client_violation")
        case .endedByBackendFinished: MetricSeries(.tunnelEnds, "backend_finished")
        case .endedByBackendReset: MetricSeries(.tunnelEnds, "backend_reset")
        case .endedByProxy: MetricSeries(.tunnelEnds, "proxy")
        case .timeoutIdle: MetricSeries(.tunnelTimeouts, "idle")
        case .timeoutPong: MetricSeries(.tunnelTimeouts, "pong")
        case .timeoutBackendStalled: MetricSeries(.tunnelTimeouts, "backend_stalled")
        case .timeoutClientStalled: MetricSeries(.tunnelTimeouts, "client_stalled")
        case .timeoutTokenExpired: MetricSeries(.tunnelTimeouts, "token_expired")
        case .timeoutLifetime: MetricSeries(.tunnelTimeouts, "lifetime")
        case .timeoutClose: MetricSeries(.tunnelTimeouts, "close")
        case .bytesToBackend: MetricSeries(.tunnelBytes, "to_backend")
        case .bytesToClient: MetricSeries(.tunnelBytes, "to_client")
        case .framesSent: MetricSeries(.framesSent)
        case .pingsSent: MetricSeries(.pingsSent)
        case .closeSent1000: MetricSeries(.closeCodes, "sent", "1000")
        case .closeSent1001: MetricSeries(.closeCodes, "sent", "1001")
        case .closeSent1002: MetricSeries(.closeCodes, "sent", "1002")
        case .closeSent1003: MetricSeries(.closeCodes, "sent", "1003")
        case .closeSent1005: MetricSeries(.closeCodes, "sent", "1005")
        case .closeSent1006: MetricSeries(.closeCodes, "sent", "1006")
        case .closeSent1007: MetricSeries(.closeCodes, "sent", "1007")
        case .closeSent1008: MetricSeries(.closeCodes, "sent", "1008")
        case .closeSent1009: MetricSeries(.closeCodes, "sent", "1009")
        case .closeSent1011: MetricSeries(.closeCodes, "sent", "1011")
        case .closeSentOther: MetricSeries(.closeCodes, "sent", "other")
        case .closeReceived1000: MetricSeries(.closeCodes, "received", "1000")
        case .closeReceived1001: MetricSeries(.closeCodes, "received", "1001")
        case .closeReceived1002: MetricSeries(.closeCodes, "received", "1002")
        case .closeReceived1003: MetricSeries(.closeCodes, "received", "1003")
        case .closeReceived1005: MetricSeries(.closeCodes, "received", "1005")
        case .closeReceived1006: MetricSeries(.closeCodes, "received", "1006")
        case .closeReceived1007: MetricSeries(.closeCodes, "received", "1007")
        case .closeReceived1008: MetricSeries(.closeCodes, "received", "1008")
        case .closeReceived1009: MetricSeries(.closeCodes, "received", "1009")
        case .closeReceived1011: MetricSeries(.closeCodes, "received", "1011")
        case .closeReceivedOther: MetricSeries(.closeCodes, "received", "other")
        case .backendDialConnected: MetricSeries(.dials, "backend", "connected")
        case .backendDialRefused: MetricSeries(.dials, "backend", "refused")
        case .backendDialUnresolvable: MetricSeries(.dials, "backend", "unresolvable")
        case .backendDialTimedOut: MetricSeries(.dials, "backend", "timed_out")
        case .backendDialFailed: MetricSeries(.dials, "backend", "failed")
        case .upstreamDialConnected: MetricSeries(.dials, "upstream", "connected")
        case .upstreamDialRefused: MetricSeries(.dials, "upstream", "refused")
        case .upstreamDialUnresolvable: MetricSeries(.dials, "upstream", "unresolvable")
        case .upstreamDialTimedOut: MetricSeries(.dials, "upstream", "timed_out")
        case .upstreamDialTLSFailed: MetricSeries(.dials, "upstream", "tls_failed")
        case .upstreamDialFailed: MetricSeries(.dials, "upstream", "failed")
        case .providerDialConnected: MetricSeries(.dials, "provider", "connected")
        case .providerDialRefused: MetricSeries(.dials, "provider", "refused")
        case .providerDialUnresolvable: MetricSeries(.dials, "provider", "unresolvable")
        case .providerDialTimedOut: MetricSeries(.dials, "provider", "timed_out")
        case .providerDialTLSFailed: MetricSeries(.dials, "provider", "tls_failed")
        case .providerDialFailed: MetricSeries(.dials, "provider", "failed")
        case .oauthRequests2xx: MetricSeries(.gatewayRequests, "oauth", "2xx")
        case .oauthRequests3xx: MetricSeries(.gatewayRequests, "oauth", "3xx")
        case .oauthRequests4xx: MetricSeries(.gatewayRequests, "oauth", "4xx")
        case .oauthRequests5xx: MetricSeries(.gatewayRequests, "oauth", "5xx")
        case .proxyRequests2xx: MetricSeries(.gatewayRequests, "proxy", "2xx")
        case .proxyRequests3xx: MetricSeries(.gatewayRequests, "proxy", "3xx")
        case .proxyRequests4xx: MetricSeries(.gatewayRequests, "proxy", "4xx")
        case .proxyRequests5xx: MetricSeries(.gatewayRequests, "proxy", "5xx")
        case .jwksRefreshesOK: MetricSeries(.jwksRefreshes, "ok")
        case .jwksRefreshesFailed: MetricSeries(.jwksRefreshes, "failed")
        case .droppedLogLines: MetricSeries(.droppedLogLines)
        case .workerRestarts: MetricSeries(.workerRestarts)
        case .reloadsOK: MetricSeries(.reloads, "ok")
        case .reloadsFailed: MetricSeries(.reloads, "failed")
        }
    }
}

/// What goes up and down, one cell each in a ``MetricsSlot``; the raw value is its place. Facts of processes are shown for
/// each worker, the others as their sum.
public enum Gauge: Int, CaseIterable, Sendable {
    /// Open tunnels.
    case tunnels
    /// Connections on their way to a tunnel or an answer.
    case sessions
    /// Open client connections.
    case connectionsActive
    /// In their TLS handshake, or sending a request's head.
    case connectionsReading
    /// Tunnels, and answers in progress.
    case connectionsWriting
    /// Kept alive between requests.
    case connectionsWaiting
    /// Keys of the provider that can verify something.
    case jwksKeys
    /// When they were fetched, in Unix time; 0: never.
    case jwksFetchedAt
    /// The process that writes the slot; 0 where there is none. To be set last, as it makes the others count.
    case workerProcessID
    /// Its generation.
    case workerGeneration
    /// Its number within the generation, from 0.
    case workerIndex
    /// What it does: see ``WorkerState``.
    case workerState
    /// When it was started, in Unix time.
    case workerStartTime
    /// When it last did its upkeep, in nanoseconds of the monotonic clock: the master ends one that hangs.
    case heartbeat
    /// Its resident memory.
    case residentBytes
    /// CPU time that it has used, user and system.
    case cpuNanoseconds
    /// The master process; only in slot 0, as those that follow.
    case masterProcessID
    /// What the master does: 1 serving, 2 draining.
    case masterState
    /// The present generation of workers.
    case generation
    /// When settings or certificates were last taken over, in Unix time.
    case lastReloadAt

    /// The series that shows the gauge's sum over all slots; nil where it is shown in another way.
    public var series: MetricSeries? {
        switch self {
        case .tunnels: MetricSeries(.tunnels)
        case .sessions: MetricSeries(.sessions)
        case .connectionsActive: MetricSeries(.connectionStates, "active")
        case .connectionsReading: MetricSeries(.connectionStates, "reading")
        case .connectionsWriting: MetricSeries(.connectionStates, "writing")
        case .connectionsWaiting: MetricSeries(.connectionStates, "waiting")
        case .generation: MetricSeries(.generation)
        case .lastReloadAt: MetricSeries(.lastReload)
        case .jwksKeys, .jwksFetchedAt, .workerProcessID, .workerGeneration, .workerIndex, .workerState,
            .workerStartTime, .heartbeat, .residentBytes, .cpuNanoseconds, .masterProcessID, .masterState:
            nil
        }
    }
}

/// What is timed; the raw value is its place in a ``MetricsSlot``.
public enum TimeHistogram: Int, CaseIterable, Sendable {
    /// From the accepted connection to the end of its TLS handshake.
    case tlsHandshake
    /// From the start of a dial to the connected backend.
    case dial
    /// From the accepted connection to the 101.
    case upgrade
    /// How long a tunnel lasted.
    case tunnel
    /// From a proxied request's head to the end of its response.
    case gatewayRequest

    /// The family.
    public var name: MetricName {
        switch self {
        case .tlsHandshake: .tlsHandshakeSeconds
        case .dial: .dialSeconds
        case .upgrade: .upgradeSeconds
        case .tunnel: .tunnelSeconds
        case .gatewayRequest: .gatewaySeconds
        }
    }
}
