/// Puts metrics down in a text format, one after the other.
struct PageWriter {
    private(set) var bytes: [UInt8] = []
    private let format: PageFormat
    private var name: [UInt8] = []
    private var labels: [[UInt8]] = []
    /// The present sample's labels without braces, kept for all lines of a histogram.
    private var labelText: [UInt8] = []

    init(_ format: PageFormat, capacity: Int) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// Begins a metric, whose samples follow, with its HELP and TYPE.
    mutating func begin(_ metric: Metric) {
        let name = "\(metric.name)"
        self.name = Array(name.utf8)
        labels = metric.labels.map { Array("\($0)".utf8) }
        var family = name
        // In OpenMetrics the ending belongs to a counter's samples alone.
        if case .openMetrics = format, metric.kind == .counter { family.removeLast(6) }
        put("# HELP \(family) \(metric.help)\n# TYPE \(family) \(metric.kind.rawValue)\n")
    }

    /// Ends the page.
    mutating func end() {
        if case .openMetrics = format { put("# EOF\n") }
    }

    /// Puts a sample with a value for each label of the metric.
    mutating func sample(_ values: [String], _ value: UInt64) {
        beginSample(values)
        put(decimal: value)
        put("\n")
    }

    /// Puts a sample that may be below zero.
    mutating func sample(_ values: [String], signed value: Int64) {
        beginSample(values)
        if value < 0 { put("-") }
        put(decimal: value.magnitude)
        put("\n")
    }

    /// Puts a sample whose unit is the second.
    mutating func sample(_ values: [String], microseconds: UInt64) {
        beginSample(values)
        putSeconds(microseconds)
        put("\n")
    }

    /// Puts a histogram's series.
    ///
    /// - Parameters:
    ///   - buckets: What each of them holds, not added up.
    ///   - exemplars: One for each bucket, or none at all.
    mutating func histogram(
        _ values: [String], _ buckets: ArraySlice<UInt64>, sumMicroseconds: UInt64,
        exemplars: ArraySlice<Exemplar?> = []
    ) {
        var count: UInt64 = 0
        setLabels(values)
        let bounds =
            if case .openMetrics = format { DurationBuckets.openMetricsLabels } else {
                DurationBuckets.labels
            }
        for (index, bound) in bounds.enumerated() {
            count &+= buckets[buckets.startIndex + index]
            bytes += name
            put("_bucket{")
            bytes += labelText
            put(labelText.isEmpty ? "le=\"" : ",le=\"")
            put(bound)
            put("\"} ")
            put(decimal: count)
            if !exemplars.isEmpty, let exemplar = exemplars[exemplars.startIndex + index] {
                put(exemplar)
            }
            put("\n")
        }
        bytes += name
        put("_sum")
        putLabels()
        putSeconds(sumMicroseconds)
        put("\n")
        bytes += name
        put("_count")
        putLabels()
        put(decimal: count)
        put("\n")
    }

    private mutating func beginSample(_ values: [String]) {
        setLabels(values)
        bytes += name
        putLabels()
    }

    /// Makes `name="value",…` of the values.
    private mutating func setLabels(_ values: [String]) {
        precondition(values.count == labels.count, "a value for each label")
        labelText.removeAll(keepingCapacity: true)
        for (label, value) in zip(labels, values) {
            if !labelText.isEmpty { labelText.append(0x2C) }
            labelText += label
            labelText += [0x3D, 0x22]
            appendEscaped(value)
            labelText.append(0x22)
        }
    }

    /// A label value, in which `\`, `"` and line ends are escaped.
    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case 0x5C: labelText += [0x5C, 0x5C]
            case 0x22: labelText += [0x5C, 0x22]
            case 0x0A: labelText += [0x5C, 0x6E]
            default: labelText.append(byte)
            }
        }
    }

    /// Puts `{name="value",…}`, or nothing without labels, and the space before the value.
    private mutating func putLabels() {
        if !labelText.isEmpty {
            put("{")
            bytes += labelText
            put("}")
        }
        put(" ")
    }

    /// Puts what a bucket counted last: its trace, its duration, and when it ended.
    private mutating func put(_ exemplar: Exemplar) {
        put(" # {trace_id=\"")
        put(hexadecimal: exemplar.traceHigh)
        put(hexadecimal: exemplar.traceLow)
        put("\"} ")
        putSeconds(exemplar.microseconds)
        put(" ")
        putSeconds(exemplar.nanoseconds / 1000)
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Whole microseconds as seconds, exactly: a sum of them never shows rounding.
    private mutating func putSeconds(_ microseconds: UInt64) {
        put(decimal: microseconds / 1_000_000)
        put(".")
        var unit: UInt64 = 100_000
        while unit > 0 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: microseconds / unit % 10))
            unit /= 10
        }
    }

    private mutating func put(decimal value: UInt64) {
        guard value > 9 else { return bytes.append(0x30 + UInt8(truncatingIfNeeded: value)) }
        let start = bytes.count
        var rest = value
        while rest > 0 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    private mutating func put(hexadecimal value: UInt64) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> shift & 0xF)
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
