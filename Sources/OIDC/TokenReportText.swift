public import JSON

/// The two forms in which a report is printed.
extension TokenReport {
    /// The report as plain text, for people: one block a check, the verdict last. The same token, policy and time give
    /// the same text.
    public var text: String {
        var text = ""
        for check in checks {
            let mark =
                switch check.verdict {
                case .passed: "ok  "
                case .failed: "FAIL"
                case .notChecked: "-   "
                }
            text += "\(mark)  \(Printable.text(check.name)): \(check.words)\n"
            text += "        expected: \(check.expected)\n"
            text += "        found:    \(check.found)\n"
        }
        if !otherClaims.isEmpty { text += "not looked at: \(Printable.list(otherClaims, limit: 32))\n" }
        switch verdict {
        case .admitted: text += "verdict: admitted\n"
        case .refused(let refusal): text += "verdict: refused: \(refusal)\n"
        case .undecided: text += "verdict: undecided: the signature was not checked\n"
        }
        return text
    }

    /// The report for machines.
    public var json: JSONValue {
        let (verdict, reason): (String, GateRefusal?) =
            switch verdict {
            case .admitted: ("admitted", nil)
            case .refused(let refusal): ("refused", refusal)
            case .undecided: ("undecided", nil)
            }
        return [
            "verdict": .string(verdict),
            "error": reason?.errorCode.map(JSONValue.string) ?? .null,
            "reason": reason.map { .string("\($0)") } ?? .null,
            "checks": .array(checks.map(\.json)),
            "notLookedAt": .array(otherClaims.map(JSONValue.string)),
        ]
    }
}

extension ClaimCheck {
    /// The check for machines.
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "verdict": .string(verdict.rawValue), "expected": .string(expected),
            "found": .string(found), "words": .string(words),
        ]
    }
}
