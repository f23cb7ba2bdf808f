/// Which known word somebody may have meant.
///
/// A wrong guess costs more trust than none: what is not near is left without one.
enum Spelling {
    /// Longer words are not compared: nobody mistypes a known word into one of these.
    private static let lengthMax = 40

    /// The nearest candidate that is near enough: one slip in three letters and at most three, or
    /// the same word cut short.
    ///
    /// - Returns: `nil` when none is near; the first of the list among equals.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().unicodeScalars)
        guard !letters.isEmpty, letters.count <= lengthMax else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates where candidate != word {
            let distance = editDistance(letters, Array(candidate.lowercased().unicodeScalars))
            let limit = min(3, max(1, max(letters.count, candidate.count) / 3))
            if distance <= limit || isCut(word, candidate), distance < best?.distance ?? Int.max {
                best = (candidate, distance)
            }
        }
        return best?.candidate
    }

    /// Whether one is the beginning of the other, as `warn` is of `warning`.
    private static func isCut(_ word: String, _ candidate: String) -> Bool {
        let (first, second) = (word.lowercased(), candidate.lowercased())
        guard min(first.utf8.count, second.utf8.count) >= 3 else { return false }
        return first.hasPrefix(second) || second.hasPrefix(first)
    }

    /// `did you mean "…"?` for the nearest candidate.
    static func hint(for word: String, among candidates: [String]) -> String? {
        nearest(to: word, among: candidates).map(didYouMean)
    }

    static func didYouMean(_ word: String) -> String { "did you mean \(quoted(word))?" }

    /// Insertions, deletions, replacements and swaps of neighbours between two words.
    ///
    /// - Complexity: the product of the lengths.
    static func editDistance(_ source: [Unicode.Scalar], _ target: [Unicode.Scalar]) -> Int {
        var beforeLast = [Int](repeating: 0, count: target.count + 1)
        var last = Array(0...target.count)
        for (row, letter) in source.enumerated() {
            var current = [row + 1]
            for (column, other) in target.enumerated() {
                let replaced = last[column] + (letter == other ? 0 : 1)
                var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == target[column - 1], source[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[target.count]
    }
}

/// The text between double quotes as a message shows it: one line, 60 characters at most.
func quoted(_ text: String) -> String {
    var shown = "\""
    var count = 0
    for scalar in text.unicodeScalars {
        if count == 60 {
            shown += "…"
            break
        }
        count += 1
        switch scalar {
        case "\"", "\\": shown += "\\\(scalar)"
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        default:
            let isShown = scalar.properties.isWhitespace ? scalar == " " : isPrintable(scalar)
            shown += isShown ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
    return shown + "\""
}

/// Whether a terminal shows the scalar as itself: no controls, no invisible or reordering format
/// characters.
private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator:
        false
    default: true
    }
}
