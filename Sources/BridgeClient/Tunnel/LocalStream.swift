internal import System

/// The local side of a tunnel: an accepted TCP connection, or standard input and output.
protocol LocalStream: AnyObject {
    /// Whom everything is told. Bytes come after ``resumeReading()`` only.
    var owner: (any ClientChannelOwner)? { get set }
    /// Bytes that were written and not taken.
    var pendingOutput: Int { get }
    func write(_ bytes: [UInt8])
    func pauseReading()
    func resumeReading()
    /// Ends the sending direction behind everything written.
    func finishWriting()
    /// Ends everything.
    func close()
    /// Ends everything in a way that shows that something went wrong.
    func reset()
}

extension ClientChannel: LocalStream {
    /// A plain channel over a socket that is connected already; it reads nothing before it is told to.
    convenience init(accepted socket: Descriptor, peer: SocketAddress, runtime: ClientRuntime) throws(SystemError) {
        var endpoint = ClientEndpoint(host: peer.host, port: peer.port)
        endpoint.security = .plain
        self.init(endpoint, runtime: runtime)
        try adopt(socket)
    }
}
