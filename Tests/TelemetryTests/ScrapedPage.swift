// The text format 0.0.4 read as strictly as anything that scrapes may read it.

/// What is wrong with a page, and where.
struct ScrapeError: Error, CustomStringConvertible {
    let line: String
    let problem: String
    var description: String { "\(problem): \(line)" }
}

/// A page taken apart, after every rule of the format was checked.
struct ScrapedPage {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: String
    }

    struct Family {
        let kind: String
        var samples: [Sample] = []
    }

    private(set) var families: [String: Family] = [:]

    init(_ text: String) throws(ScrapeError) {
        guard text.hasSuffix("\n") else { throw ScrapeError(line: "", problem: "the last line has no end") }
        var current: String?
        var helped: Set<String> = []
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            func fail(_ problem: String) -> ScrapeError { ScrapeError(line: line, problem: problem) }
            if line.hasPrefix("# HELP ") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                guard words.count == 4, Self.isName(words[2]) else { throw fail("bad HELP") }
                guard helped.insert(words[2]).inserted else { throw fail("HELP twice") }
            } else if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                guard words.count == 4, Self.isName(words[2]) else { throw fail("bad TYPE") }
                guard ["counter", "gauge", "histogram"].contains(words[3]) else { throw fail("unknown type") }
                guard families[words[2]] == nil else { throw fail("TYPE twice") }
                guard helped.contains(words[2]) else { throw fail("no HELP before") }
                families[words[2]] = Family(kind: words[3])
                current = words[2]
            } else {
                let sample = try Self.sample(line)
                guard let name = current, let family = families[name] else { throw fail("no TYPE before") }
                let names = family.kind == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
                guard names.contains(sample.name) else { throw fail("in the midst of \(name)") }
                if family.samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) {
                    throw fail("the same series twice")
                }
                if family.kind != "gauge", sample.value.hasPrefix("-") { throw fail("less than nothing") }
                families[name]?.samples.append(sample)
            }
        }
        for (name, family) in families where family.kind == "histogram" { try Self.check(name, family.samples) }
    }

    func samples(_ name: String) -> [Sample] {
        families.values.flatMap(\.samples).filter { $0.name == name }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> String? {
        samples(name).first { $0.labels == labels }?.value
    }

    /// Buckets rise in bound and count, the last one is `+Inf`, and it is the count.
    private static func check(_ name: String, _ samples: [Sample]) throws(ScrapeError) {
        let fail = { ScrapeError(line: name, problem: $0) }
        var (bound, count) = (-1.0, 0.0)
        for bucket in samples where bucket.name == name + "_bucket" {
            guard Array(bucket.labels.keys) == ["le"], let text = bucket.labels["le"] else { throw fail("no bound") }
            guard let next = text == "+Inf" ? .infinity : Double(text), next > bound else { throw fail("bounds fall") }
            guard let value = Double(bucket.value), value >= count else { throw fail("counts fall") }
            (bound, count) = (next, value)
        }
        guard bound == .infinity else { throw fail("no bucket +Inf") }
        guard samples.suffix(2).map(\.name) == [name + "_sum", name + "_count"] else { throw fail("no sum or count") }
        guard let total = samples.last.flatMap({ Double($0.value) }), total == count else { throw fail("wrong count") }
    }

    private static func sample(_ line: String) throws(ScrapeError) -> Sample {
        func fail(_ problem: String) -> ScrapeError { ScrapeError(line: line, problem: problem) }
        var rest = Substring(line)
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard isName(name) else { throw fail("bad name") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            repeat {
                if rest.first == "," { rest = rest.dropFirst() }
                let label = String(rest.prefix { $0 != "=" })
                guard isName(label), !label.contains(":"), !label.hasPrefix("__") else { throw fail("bad label") }
                rest = rest.dropFirst(label.count)
                guard rest.hasPrefix("=\"") else { throw fail("no quote") }
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    if character != "\\" {
                        value.append(character)
                        continue
                    }
                    switch rest.popFirst() {
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    case "n": value.append("\n")
                    default: throw fail("bad escape")
                    }
                }
                guard labels.updateValue(value, forKey: label) == nil else { throw fail("label twice") }
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw fail("no closing brace") }
        }
        guard rest.popFirst() == " " else { throw fail("no space before the value") }
        let value = String(rest)
        guard Double(value) != nil, value.allSatisfy({ $0.isNumber || $0 == "." || $0 == "-" }) else {
            throw fail("bad value")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == ":"
        }
    }
}
