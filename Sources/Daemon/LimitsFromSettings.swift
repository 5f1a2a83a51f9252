internal import Bridge
internal import Gateway
internal import Settings

extension Settings {
    /// The limits of bridged connections.
    var bridgeLimits: BridgeLimits {
        var bridge = BridgeLimits()
        bridge.maxFrameSize = limits.maxFrameSize
        bridge.outgoingFrameSize = limits.outgoingFrameSize
        bridge.stalledBytes = limits.stalledBytes
        bridge.turnBytes = limits.turnBytes
        bridge.head = headLimits
        bridge.handshakeTimeout = limits.handshakeTimeout
        bridge.headTimeout = limits.headTimeout
        bridge.keysTimeout = limits.keysTimeout
        bridge.connectTimeout = backend.connectTimeout
        bridge.idleTimeout = proxy.readTimeout
        bridge.sendTimeout = proxy.sendTimeout
        bridge.closeTimeout = limits.closeTimeout
        bridge.pingInterval = limits.pingInterval
        bridge.pingTimeout = limits.pingTimeout
        bridge.maxLifetime = limits.maxLifetime
        bridge.tcpKeepAlive = limits.tcpKeepAlive
        bridge.endWithToken = oidc.endWithToken
        bridge.tokenLeeway = oidc.leeway
        bridge.tokenGrace = oidc.endGrace
        return bridge
    }

    /// The limits of proxied requests.
    var gatewayLimits: GatewayLimits {
        var gateway = GatewayLimits()
        gateway.head = headLimits
        gateway.maxRequestBody = UInt64(clamping: self.gateway.maxRequestBody)
        gateway.handshakeTimeout = limits.handshakeTimeout
        gateway.headTimeout = limits.headTimeout
        gateway.keepAliveTimeout = proxy.keepaliveTimeout
        gateway.keysTimeout = limits.keysTimeout
        gateway.connectTimeout = self.gateway.connectTimeout
        gateway.readTimeout = self.gateway.readTimeout
        gateway.sendTimeout = self.gateway.sendTimeout
        gateway.closeTimeout = limits.closeTimeout
        return gateway
    }
}
