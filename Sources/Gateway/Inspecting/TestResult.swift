/// How one of the configuration's tests went.
package struct TestResult: Sendable, Equatable {
    /// Something that is not as it was expected.
    package struct Difference: Sendable, Equatable {
        /// `KEY: VALUE`, as the configuration says it.
        package var expected: String
        /// The same of what is, or a sentence.
        package var found: String
    }

    /// What became of the test, for whoever has to mend it.
    package enum Verdict: Sendable, Equatable {
        case passed
        /// At least one difference.
        case failed([Difference])
        /// It asks about nothing that a client could send; a sentence says why.
        case impossible(String)
    }

    /// Of the file, where the test begins.
    package var line: Int
    /// `METHOD URL`, as the file has it.
    package var title: String
    package var verdict: Verdict

    package var isPassed: Bool { verdict == .passed }
}

extension TestResult {
    /// One line, and below it what differs: `-` what was expected, `+` what is.
    ///
    /// - Parameter file: As the configuration was named.
    package func text(file: String) -> String {
        switch verdict {
        case .passed: return "passed  \(plain(title))"
        case .impossible(let reason): return "\(failure(file))\n    ! \(plain(reason))"
        case .failed(let differences):
            let lines = differences.map {
                "\n    - \(plain($0.expected))\n    + \(plain($0.found))"
            }
            return failure(file) + lines.joined()
        }
    }

    private func failure(_ file: String) -> String { "FAILED  \(plain(title)) (\(file):\(line))" }

    /// Keeps what stands in a file from driving the terminal.
    private func plain(_ text: String) -> String {
        let shown = text.unicodeScalars.map { scalar -> Character in
            scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? "?" : Character(scalar)
        }
        return String(shown)
    }
}
