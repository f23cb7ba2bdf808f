/// Puts metrics down in the text format, one after the other.
struct PageWriter {
    private(set) var bytes: [UInt8] = []
    private var name = ""
    private var labels: [StaticString] = []

    /// Begins a metric, whose samples follow, with its HELP and TYPE.
    mutating func begin(_ metric: Metric) {
        name = "\(metric.name)"
        labels = metric.labels
        put("# HELP \(name) \(metric.help)\n# TYPE \(name) \(metric.kind.rawValue)\n")
    }

    /// Puts a sample with a value for each label of the metric.
    mutating func sample(_ values: [String], _ value: UInt64) {
        put(name)
        putLabels(values, bound: nil)
        put(" \(value)\n")
    }

    /// Puts a sample whose unit is the second.
    mutating func sample(_ values: [String], microseconds: UInt64) {
        put(name)
        putLabels(values, bound: nil)
        put(" \(seconds(microseconds))\n")
    }

    /// Puts a histogram's series; `buckets` are what each of them holds, not added up.
    mutating func histogram(
        _ values: [String], _ buckets: ArraySlice<UInt64>, sumMicroseconds: UInt64
    ) {
        var count: UInt64 = 0
        for (bound, held) in zip(DurationBuckets.labels, buckets) {
            count += held
            put("\(name)_bucket")
            putLabels(values, bound: bound)
            put(" \(count)\n")
        }
        put("\(name)_sum")
        putLabels(values, bound: nil)
        put(" \(seconds(sumMicroseconds))\n\(name)_count")
        putLabels(values, bound: nil)
        put(" \(count)\n")
    }

    /// Puts `{name="value",…}`, or nothing without labels; `bound` is a bucket's `le`.
    private mutating func putLabels(_ values: [String], bound: String?) {
        precondition(values.count == labels.count, "a value for each label")
        var isFirst = true
        for (label, value) in zip(labels, values) {
            put(isFirst ? "{" : ",")
            isFirst = false
            put("\(label)=\"")
            putEscaped(value)
            put("\"")
        }
        if let bound { put("\(isFirst ? "{" : ",")le=\"\(bound)\"") }
        if !isFirst || bound != nil { put("}") }
    }

    /// A label value, in which `\`, `"` and line ends are escaped.
    private mutating func putEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case 0x5C: put("\\\\")
            case 0x22: put("\\\"")
            case 0x0A: put("\\n")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Whole microseconds as seconds, exactly: a sum of them never shows rounding.
    private func seconds(_ microseconds: UInt64) -> String {
        let fraction = String(microseconds % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
        return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
    }
}
