/// What the writer's thread writes to: the log's output, and that of audit lines if it is another.
struct LogOutputs: ~Copyable {
    /// What came of one round over all outputs.
    struct Round {
        /// Of the log; of audit lines too, where the log has nothing to do.
        var progress: LogChannel.Progress
        /// Whether lines were left behind that could go on now.
        var isHeldUp = false
        /// Whether audit lines wait for their output, which must be tried again.
        var mustReturn = false
        /// Of the output that is full; -1 for none.
        var descriptor: Int32 = -1
    }

    private var log: LogChannel
    private var audit: LogChannel?
    /// Makes another format of the log's lines; `nil` for JSON, which goes out as it is.
    private var formats: LineStage?
    private var audits: LineStage

    /// - Parameters:
    ///   - queues: Of the log's lines.
    ///   - auditQueue: Of audit lines.
    init(_ plan: LogPlan, queues: [LogQueue], auditQueue: LogQueue) throws(LogProblem) {
        let destination = try LogDestination(plan.output)
        let auditDestination = try Self.open(auditOutput: plan.auditOutput)
        let format = plan.format.fitting(destination, isColourAllowed: plan.isColourAllowed)
        // Audit lines of their own have no colours, which only a terminal shows.
        let auditFormat = plan.auditOutput == nil ? format : plan.format.format(.plain)
        let tail = plan.isChained ? AuditTail(of: plan.auditOutput ?? plan.output) : nil
        audits = LineStage(
            [auditQueue], format: auditFormat, chain: Self.chain(after: tail, auditFormat))
        if tail?.endsInLine == true { audits.endLine() }
        formats = format == .json ? nil : LineStage(queues, format: format, chain: nil)
        var rings = format == .json ? queues : []
        if let ring = formats?.ring { rings.append(ring) }
        // First, so that a line that a file ends within is ended before any other.
        if plan.auditOutput == nil { rings.insert(audits.ring, at: 0) }
        log = LogChannel(rings, to: destination)
        audit = Self.channel(audits.ring, to: auditDestination)
    }

    private static func open(auditOutput target: LogTarget?) throws(LogProblem) -> LogDestination? {
        guard let target else { return nil }
        do throws(LogProblem) {
            return try LogDestination(target)
        } catch {
            guard case .open(let path) = error.step else { throw error }
            throw LogProblem(.openAudit(path: path), errno: error.errno)
        }
    }

    private static func chain(after tail: AuditTail?, _ format: LogFormat) -> AuditChain? {
        guard let tail else { return nil }
        return AuditChain(after: tail.link ?? .start, format: format)
    }

    private static func channel(
        _ ring: LogQueue, to destination: consuming LogDestination?
    ) -> LogChannel? {
        guard let destination else { return nil }
        return LogChannel([ring], to: destination)
    }

    /// Writes all that is there.
    ///
    /// - Parameter isLast: Whether the process is about to end, so that audit lines are waited for
    ///   as the log's are.
    mutating func write(isLast: Bool) -> Round {
        audits.move()
        formats?.move()
        var round = Round(progress: log.write())
        round.isHeldUp = audits.isHeldUp || formats?.isHeldUp == true
        if case .full = round.progress { round.descriptor = log.descriptor }
        guard let auditProgress = audit?.write() else { return round }
        round.mustReturn = auditProgress.isStuck
        if auditProgress.isStuck { round.isHeldUp = formats?.isHeldUp == true }
        switch (round.progress, auditProgress) {
        case (.nothing, .wrote): round.progress = .wrote
        case (.nothing, _) where isLast && auditProgress.isStuck:
            round.progress = auditProgress
            if case .full = auditProgress { round.descriptor = audit?.descriptor ?? -1 }
        default: break
        }
        return round
    }

    /// Opens files anew.
    ///
    /// - Returns: What is to be said of those that could not be.
    mutating func reopen() -> [(message: StaticString, problem: LogProblem)] {
        var problems: [(StaticString, LogProblem)] = []
        do throws(LogProblem) {
            try log.reopen()
        } catch {
            problems.append(("log file could not be reopened", error))
        }
        do throws(LogProblem) {
            try audit?.reopen()
        } catch {
            problems.append(("audit file could not be reopened", error))
        }
        return problems
    }
}

/// Where lines go, and how they are written.
package struct LogPlan: Sendable {
    package var output: LogTarget
    package var format: LogFormatChoice
    /// `nil` for the log's output.
    package var auditOutput: LogTarget?
    /// Whether audit lines are chained.
    package var isChained: Bool
    /// Whether a terminal may be shown colours.
    package var isColourAllowed: Bool

    package init(
        output: LogTarget, format: LogFormatChoice, auditOutput: LogTarget?, isChained: Bool,
        isColourAllowed: Bool
    ) {
        self.output = output
        self.format = format
        // One file is one output, or two descriptors would cut each other's lines.
        self.auditOutput = auditOutput == output ? nil : auditOutput
        self.isChained = isChained
        self.isColourAllowed = isColourAllowed
    }
}

/// A format as operators choose it; whether it has colours is up to the output.
package enum LogFormatChoice: Sendable { case json, logfmt, text, ecs }

extension LogFormatChoice {
    func format(_ colouring: LogFormat.Colouring) -> LogFormat {
        switch self {
        case .json: .json
        case .logfmt: .logfmt
        case .text: .text(colouring)
        case .ecs: .ecs
        }
    }

    fileprivate func fitting(
        _ destination: borrowing LogDestination, isColourAllowed: Bool
    ) -> LogFormat {
        format(isColourAllowed && destination.isTerminal ? .coloured : .plain)
    }
}
