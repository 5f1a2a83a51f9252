public import TLS
public import Telemetry

/// At which end of the proxy TLS is spoken.
public enum TLSSide: Sendable {
    /// With a client.
    case client
    /// With a server that this proxy connected to.
    case server
}

extension Counter {
    /// The series that Envoy's counter is, at this side.
    public init(_ counter: TLSStatistics.Counter, _ side: TLSSide) {
        self =
            switch (counter, side) {
            case (.handshake, .client): .tlsHandshake
            case (.connectionError, .client): .tlsConnectionError
            case (.sessionReused, .client): .tlsSessionReused
            case (.noCertificate, .client): .tlsNoCertificate
            case (.failVerifyNoCertificate, .client): .tlsFailVerifyNoCertificate
            case (.failVerifyError, .client): .tlsFailVerifyError
            case (.failVerifySubjectAlternativeName, .client): .tlsFailVerifySubjectAlternativeName
            case (.handshake, .server): .upstreamTLSHandshake
            case (.connectionError, .server): .upstreamTLSConnectionError
            case (.sessionReused, .server): .upstreamTLSSessionReused
            case (.noCertificate, .server): .upstreamTLSNoCertificate
            case (.failVerifyNoCertificate, .server): .upstreamTLSFailVerifyNoCertificate
            case (.failVerifyError, .server): .upstreamTLSFailVerifyError
            case (.failVerifySubjectAlternativeName, .server): .upstreamTLSFailVerifySubjectAlternativeName
            }
    }
}

extension MetricsSlot {
    /// Counts a handshake that `connection` has just completed.
    public func countHandshake(of connection: TLSConnection, _ side: TLSSide) {
        add(Counter(.handshake, side))
        if connection.sessionReused { add(Counter(.sessionReused, side)) }
        if !connection.hasPeerCertificate { add(Counter(.noCertificate, side)) }
    }

    /// Counts a handshake that failed.
    public func countFailure(_ failure: TLSFailure, _ side: TLSSide) { add(Counter(failure.counter, side)) }
}
