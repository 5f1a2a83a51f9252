internal import JSON

// Ports, addresses and URLs.

extension Section {
    /// Reads a port.
    func port(_ name: String, _ target: inout UInt16) {
        guard let value = value(name, .port, default: .integer(Int64(target))) else { return }
        if let port = port(value, at: path.appending(name)) { target = port }
    }

    /// Reads a port.
    func port(_ name: String, _ target: inout UInt16?) {
        guard let value = value(name, .port, default: target.map { .integer(Int64($0)) }) else { return }
        if let port = port(value, at: path.appending(name)) { target = port }
    }

    private func port(_ value: JSONValue, at place: JSONPath) -> UInt16? {
        if let port = Self.integer(value), (1...65_535).contains(port) { return UInt16(port) }
        report.problem(place, "\(Self.quoted(value)) is not a port", remedy: "write a number from 1 to 65535")
        return nil
    }

    /// Reads a port or a range of ports that has a default.
    func ports(_ name: String, _ target: inout PortRange) {
        var ports: PortRange? = target
        self.ports(name, &ports)
        if let ports { target = ports }
    }

    /// Reads a port or a range of ports.
    func ports(_ name: String, _ target: inout PortRange?) {
        guard let value = value(name, .ports, default: target.map { .string($0.description) }) else { return }
        guard let ports = PortRange(value.string ?? JSON.text(value)) else {
            problem(
                name, "\(Self.quoted(value)) is neither a port nor a range of ports",
                remedy: "write a number from 1 to 65535, or first and last such as \"10000-10009\"")
            return
        }
        guard ports.count <= PortRange.longest else {
            problem(
                name, "the range has \(ports.count) ports",
                remedy: "write a range of at most \(PortRange.longest) ports, or several listeners")
            return
        }
        target = ports
    }

    /// Reads an address to listen at.
    func address(_ name: String, _ target: inout BindAddress) {
        guard let value = value(name, .address, default: .string(target.description)) else { return }
        guard let address = value.string.flatMap(BindAddress.init) else {
            problem(
                name, "\(Self.quoted(value)) is not an IP address",
                remedy: "write one such as \"127.0.0.1\" or \"::1\", or \"*\" for all addresses of the machine")
            return
        }
        target = address
    }

    /// Reads the name or address of a host.
    func host(_ name: String, _ target: inout String) {
        guard let value = value(name, .text, default: .string(target)) else { return }
        guard let host = value.string, WebAddress.isHost(host) else {
            problem(
                name, "\(Self.quoted(value)) is not a host",
                remedy: "write a name or an IP address alone, such as \"127.0.0.1\"; a port has its own setting")
            return
        }
        target = host
    }

    /// Reads a list of names of hosts; a name alone is a list of one.
    func hosts(_ name: String, _ target: inout [String]) {
        let earlier = report.errorCount
        var hosts = target
        texts(name, &hosts)
        guard report.errorCount == earlier else { return }
        for (index, host) in hosts.enumerated() where !WebAddress.isHost(host) {
            let place = path.appending(name)
            report.problem(
                peek(name)?.array == nil ? place : place.appending(index),
                "\(Self.quoted(.string(host))) is not a host",
                remedy: "write a name alone, such as \"proxy.example.com\", without port")
        }
        target = hosts
    }

    /// Reads an `http://` or `https://` address; `originOnly` refuses one with a path.
    func webAddress(_ name: String, _ target: inout WebAddress?, originOnly: Bool = false) {
        guard let value = value(name, .webAddress, default: target.map { .string($0.text) }) else { return }
        let example = originOnly ? "https://login.example.com" : "https://login.example.com/path"
        // Not shown in the message: there may be a password in it.
        if let text = value.string, text.prefix(while: { $0 != "?" }).contains("@"), WebAddress(text) == nil {
            problem(name, "the address names a user", remedy: "write it without, such as \"\(example)\"")
            return
        }
        guard let address = value.string.flatMap(WebAddress.init) else {
            problem(
                name, "\(Self.quoted(value)) is not an http or https address",
                remedy: "write it in full, such as \"\(example)\"")
            return
        }
        if originOnly, address.target != "/" {
            problem(
                name, "\(Self.quoted(value)) has a path",
                remedy: "write only scheme, host and port: \"\(address.origin)\"; paths belong to the routes")
            return
        }
        target = address
    }
}
