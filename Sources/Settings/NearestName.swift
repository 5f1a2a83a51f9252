/// Finds the name that somebody probably meant.
enum NearestName {
    /// The candidate that is fewest edits away from `name`, upper and lower case alike, or nil when all are too far.
    static func of(_ name: String, among candidates: [String]) -> String? {
        // Who writes "warning" means "warn".
        let lower = name.lowercased()
        let beginning = candidates.first { $0.utf8.count >= 4 && lower.hasPrefix($0.lowercased()) }
        if let beginning { return beginning }
        // A third of the letters may be wrong, two in short names: further away it would be guessing.
        let bound = max(2, name.utf8.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(Array(lower.utf8), Array(candidate.lowercased().utf8))
            // Half of a short name replaced is another name.
            guard distance <= bound, distance * 2 < max(candidate.utf8.count, 3) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The least number of insertions, deletions, replacements and swaps of neighbours between two names
    /// (optimal string alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        // Three rows of the table are enough: row i needs the two above it. Names longer than any of ours are cut.
        let left = left.prefix(80)
        let right = right.prefix(80)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                var cost = min(last[j + 1], row[j]) + 1
                cost = min(cost, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
