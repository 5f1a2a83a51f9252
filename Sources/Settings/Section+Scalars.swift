internal import JSON

// Numbers, times, flags and words.

extension Section {
    /// Reads a whole number, written as a number or as a string of digits.
    func integer(_ name: String, _ target: inout Int, in range: ClosedRange<Int>) {
        guard let value = value(name, .integer(range), default: .integer(Int64(target))) else { return }
        let remedy = "write a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let number = Self.integer(value) else {
            problem(name, "\(Self.quoted(value)) is not a whole number", remedy: remedy)
            return
        }
        guard range.contains(number) else {
            problem(name, "\(Self.quoted(value)) is out of range", remedy: remedy)
            return
        }
        target = number
    }

    /// Reads a number of bytes: as ``integer(_:_:in:)``, or with nginx's suffixes `k`, `m` and `g` (each 1,024 of
    /// the one before).
    func size(_ name: String, _ target: inout Int, in range: ClosedRange<Int>) {
        guard let value = value(name, .size(range), default: Self.sizeValue(target)) else { return }
        let bounds = "\(Self.sizeText(range.lowerBound)) to \(Self.sizeText(range.upperBound))"
        guard let number = Self.size(value) else {
            problem(
                name, "\(Self.quoted(value)) is not a size",
                remedy: "write a number of bytes, or one with k, m or g such as \"32k\", from \(bounds)")
            return
        }
        guard range.contains(number) else {
            problem(name, "\(Self.quoted(value)) is out of range", remedy: "write a number of bytes from \(bounds)")
            return
        }
        target = number
    }

    /// Reads a time.
    func duration(_ name: String, _ target: inout Duration, in range: ClosedRange<Duration>) {
        if let time = duration(name, default: target, in: range, zero: nil) { target = time }
    }

    /// Reads a time that 0 switches off, which is nil.
    func duration(_ name: String, _ target: inout Duration?, in range: ClosedRange<Duration>, zero: String) {
        guard let time = duration(name, default: target ?? .zero, in: range, zero: zero) else { return }
        target = time == .zero ? nil : time
    }

    private func duration(
        _ name: String, default defaultValue: Duration, in range: ClosedRange<Duration>, zero: String?
    ) -> Duration? {
        let text = JSONValue.string(DurationText.format(defaultValue))
        guard let value = value(name, .duration(range, zero: zero), default: text) else { return nil }
        let bounds = "\(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
        let orZero = zero.map { ", or 0 (\($0))" } ?? ""
        let time: Duration? =
            switch value {
            case .string(let text): DurationText.parse(text)
            default: value.number.flatMap(DurationText.parse(seconds:))
            }
        guard let time else {
            problem(
                name, "\(Self.quoted(value)) is not a time",
                remedy: "write seconds, or a number with a unit such as \"500ms\", \"30s\", \"2m\" or \"1h\", "
                    + "from \(bounds)\(orZero)")
            return nil
        }
        guard range.contains(time) || (zero != nil && time == .zero) else {
            problem(name, "\(Self.quoted(value)) is out of range", remedy: "write a time from \(bounds)\(orZero)")
            return nil
        }
        return time
    }

    /// Reads a flag: `true` or `false`, or nginx's `"on"` and `"off"`.
    func flag(_ name: String, _ target: inout Bool) {
        guard let value = value(name, .flag, default: .bool(target)) else { return }
        switch value {
        case .bool(let flag): target = flag
        case .string("true"), .string("on"): target = true
        case .string("false"), .string("off"): target = false
        default: problem(name, "\(Self.quoted(value)) is neither true nor false", remedy: "write true or false")
        }
    }

    /// Reads one word of a closed list.
    func choice<Choice>(_ name: String, _ target: inout Choice)
    where Choice: CaseIterable & RawRepresentable, Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        guard let value = value(name, .choice(words), default: .string(target.rawValue)) else { return }
        // Numbers are taken too, so that a version or a status may stand without quotation marks.
        guard let choice = Choice(rawValue: value.string ?? JSON.text(value)) else {
            problem(name, "\(Self.quoted(value)) is not one of the choices", remedy: Self.remedy(value, words))
            return
        }
        target = choice
    }

    /// Reads words of a closed list, each at most once.
    func choices<Choice>(_ name: String, _ target: inout [Choice], atLeastOne: Bool = true)
    where Choice: CaseIterable & RawRepresentable & Equatable, Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        let defaultValue = JSONValue.array(target.map { .string($0.rawValue) })
        guard let value = value(name, .choices(words), default: defaultValue) else { return }
        guard let elements = value.array ?? value.string.map({ [.string($0)] }) else {
            problem(name, "\(Self.quoted(value)) is not a list", remedy: "write a list of \(Self.list(words))")
            return
        }
        var chosen: [Choice] = []
        for (index, element) in elements.enumerated() {
            let place = value.array == nil ? path.appending(name) : path.appending(name).appending(index)
            guard let choice = element.string.flatMap(Choice.init(rawValue:)) else {
                report.problem(
                    place, "\(Self.quoted(element)) is not one of the choices", remedy: Self.remedy(element, words))
                continue
            }
            if chosen.contains(choice) {
                report.problem(place, "\(Self.quoted(element)) stands here twice", remedy: "leave one of them out")
            }
            chosen.append(choice)
        }
        if elements.isEmpty, atLeastOne {
            problem(name, "the list is empty", remedy: "name at least one of \(Self.list(words))")
        }
        target = chosen
    }

    private static func remedy(_ value: JSONValue, _ words: [String]) -> String {
        // Between short words such as versions, the nearest is no better guess than any other.
        if let text = value.string, text.count >= 4, let near = NearestName.of(text, among: words) {
            return "did you mean \"\(near)\"?"
        }
        return "write \(list(words))"
    }

    private static func list(_ words: [String]) -> String {
        let quoted = words.map { "\"\($0)\"" }
        return quoted.count < 2
            ? quoted.joined() : quoted.dropLast().joined(separator: ", ") + " or \(quoted[quoted.count - 1])"
    }

    /// A whole number, from a number or a string of digits.
    static func integer(_ value: JSONValue) -> Int? {
        switch value {
        case .integer(let number): return Int(exactly: number)
        case .string(let text): return text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(text) : nil
        default: return nil
        }
    }

    private static func size(_ value: JSONValue) -> Int? {
        guard let text = value.string, let last = text.last else { return integer(value) }
        let factor: Int
        switch last {
        case "k", "K": factor = 1024
        case "m", "M": factor = 1024 * 1024
        case "g", "G": factor = 1024 * 1024 * 1024
        default: return integer(value)
        }
        guard let count = integer(.string(String(text.dropLast()))) else { return nil }
        let (size, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : size
    }

    private static func sizeText(_ size: Int) -> String {
        if size >= 1 << 30, size % (1 << 30) == 0 { return "\(size >> 30)g" }
        if size >= 1024 * 1024, size % (1024 * 1024) == 0 { return "\(size / (1024 * 1024))m" }
        if size >= 1024, size % 1024 == 0 { return "\(size / 1024)k" }
        return "\(size)"
    }

    private static func sizeValue(_ size: Int) -> JSONValue {
        let text = sizeText(size)
        return text.last.map(\.isLetter) == true ? .string(text) : .integer(Int64(size))
    }
}
