internal import Bridge
internal import OIDC
internal import Settings
internal import System
internal import TLS
internal import WebSocket

/// The values of one access line: a tunnel that ended, or a request that was answered.
///
/// An object, as are the reports: a line asks for some twenty values, and would copy all of them for each.
final class AccessValues {
    /// What the line is about.
    enum Event {
        case tunnel(TunnelReport)
        case answer(AnswerReport)
    }

    let event: Event
    /// When the line is written, in nanoseconds since 1970.
    let time: Int64
    private let client: SocketAddress
    private let route: RouteNames
    private let request: RequestRecord
    private let tls: TLSFacts

    init(event: Event, time: Int64) {
        self.event = event
        self.time = time
        switch event {
        case .tunnel(let report):
            (client, route, request, tls) = (report.client, report.route, report.request, report.tls)
        case .answer(let report):
            (client, route, request, tls) = (report.client, report.route, report.request, report.tls)
        }
    }

    /// What `variable` says; nil or empty when there is nothing to say. Wherever a peer has put its token, it isn't here.
    subscript(variable: AccessVariable) -> String? {
        let value = value(variable)
        return variable.isForeign ? value.map(TokenRedaction.redact) : value
    }

    private func value(_ variable: AccessVariable) -> String? {
        switch variable {
        case .remoteAddress: return client.host
        case .remotePort: return "\(client.port)"
        case .remoteUser: return request[.subject] ?? tls.client?.commonName
        case .timeLocal: return LogTime.common(time)
        case .timeISO8601: return LogTime.iso8601(time)
        case .milliseconds: return "\(time / 1_000_000_000).\(Self.fraction(time / 1_000_000 % 1_000))"
        case .pid: return "\(ThisProcess.id)"
        case .request: return requestLine
        case .requestMethod: return request[.method]
        case .requestURI: return request[.target]
        case .uri: return request.path
        case .arguments: return request.hasQuery ? TargetRedaction.placeholder : nil
        case .serverProtocol: return request[.version]
        case .host: return request[.host]
        case .referer: return request[.referer]
        case .userAgent: return request[.userAgent]
        case .forwardedFor: return request[.forwardedFor]
        case .origin: return request[.origin]
        case .tlsProtocol: return tls.version?.name
        case .tlsCipher: return tls.cipher
        case .tlsServerName: return tls.serverName
        case .tlsSessionReused: return tls.version == nil ? nil : tls.isResumed ? "r" : "."
        case .tlsClientSubject: return tls.client?.subject
        case .tlsClientSerial: return tls.client?.serialNumber
        case .tlsClientFingerprint: return tls.client?.fingerprint
        case .tlsClientNames: return tls.clientNames
        case .serverPort: return route.port == 0 ? nil : "\(route.port)"
        case .listener: return route.listener
        case .subject: return request[.subject]
        case .clientID: return request[.clientID]
        case .tokenID: return request[.tokenID]
        default:
            switch event {
            case .tunnel(let report): return Self.value(variable, report)
            case .answer(let report): return Self.value(variable, report)
            }
        }
    }

    /// What differs: how it went.
    private static func value(_ variable: AccessVariable, _ report: TunnelReport) -> String? {
        switch variable {
        case .status: "101"
        case .bodyBytesSent, .upstreamBytesReceived: "\(report.bytesToClient)"
        case .upstreamBytesSent: "\(report.bytesToBackend)"
        case .requestTime: seconds(report.timeToUpgrade + report.duration)
        case .upstreamAddress: report.route.backend
        case .upstreamConnectTime: seconds(report.timeToConnect)
        case .upstreamResponseTime: seconds(report.duration)
        case .closeCode: report.closeCode?.description
        case .closeSent: report.closeCodeSent?.description
        case .closeReceived: report.closeCodeReceived?.description
        case .closedBy: report.end.side.rawValue
        case .reason: report.reason.isEmpty ? report.end.rawValue : report.reason
        default: nil
        }
    }

    private static func value(_ variable: AccessVariable, _ report: AnswerReport) -> String? {
        switch variable {
        case .status: "\(report.status)"
        case .bodyBytesSent: "\(report.bodyBytes)"
        case .requestTime: seconds(report.duration)
        case .upstreamAddress: report.upstream == nil ? nil : report.route.backend
        case .upstreamStatus: report.upstream?.status.map { "\($0)" }
        case .upstreamConnectTime: report.upstream?.timeToConnect.map(seconds)
        case .upstreamResponseTime: report.upstream?.responseTime.map(seconds)
        case .upstreamBytesSent: report.upstream.map { "\($0.bytesSent)" }
        case .upstreamBytesReceived: report.upstream.map { "\($0.bytesReceived)" }
        case .reason: report.reason
        default: nil
        }
    }

    private var requestLine: String? {
        guard let method = request[.method], let target = request[.target] else { return nil }
        return "\(method) \(target) \(request[.version] ?? "")"
    }

    /// Seconds with milliseconds, as nginx writes times.
    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return "\(seconds).\(fraction(attoseconds / 1_000_000_000_000_000))"
    }

    private static func fraction(_ milliseconds: Int64) -> Substring { String(1_000 + milliseconds).dropFirst() }
}
