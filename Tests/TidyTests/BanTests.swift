import Testing

/// Something that our sources do without, and what they do in its place.
private struct Ban {
    /// Tokens that stand one after the other; those after the first need no space between.
    let tokens: [String]
    let reason: String
    /// Modules, or files by path, in which it is allowed.
    var allowed: Set<String> = []
    /// Whether a member of that name is another thing: `loop.sleep(…)` waits for the wheel.
    var isFunction = false
    /// A token that lifts the ban when it follows within the same parentheses.
    var unless: String?
}

private let bans = [
    Ban(
        tokens: ["Date", "("], reason: "time is an argument: the loop reads the clock once a turn"),
    Ban(
        tokens: ["print", "("], reason: "lines go through Telemetry's queue, which never blocks",
        allowed: ["apus"], isFunction: true),
    Ban(
        tokens: ["exit", "("], reason: "only main ends the process, after a drain",
        allowed: ["apus"], isFunction: true),
    Ban(
        tokens: ["fatalError", "("],
        reason: "make the state unrepresentable, or say with precondition which promise broke",
        isFunction: true),
    Ban(
        tokens: ["sleep", "("], reason: "wait for an event or a deadline of the wheel",
        isFunction: true),
    Ban(
        tokens: ["usleep", "("], reason: "wait for an event or a deadline of the wheel",
        isFunction: true),
    Ban(
        tokens: ["nanosleep", "("], reason: "wait for an event or a deadline of the wheel",
        isFunction: true),
    Ban(
        tokens: ["String", "(", "format"],
        reason: "it needs Foundation and parses its format every time; append to a Buffer"),
    Ban(tokens: ["try", "!"], reason: "a trap on an error; throw it or decide it"),
    Ban(tokens: ["as", "!"], reason: "a trap on a type; keep the type"),
    Ban(
        tokens: ["random", "("], reason: "a test cannot replay it; pass a seeded generator",
        unless: "using"),
    Ban(
        tokens: ["shuffled", "("], reason: "a test cannot replay it; pass a seeded generator",
        unless: "using"),
    Ban(
        tokens: ["randomElement", "("], reason: "a test cannot replay it; pass a seeded generator",
        unless: "using"),
    Ban(
        tokens: ["Task", "{"],
        reason: "leaves the worker; use Task(executorPreference:) with the loop"),
    Ban(
        tokens: ["Task", ".", "detached"],
        reason: "leaves the worker; use Task(executorPreference:) with the loop"),
    // A new thread gets one pointer, which must own what it points to.
    Ban(
        tokens: ["Unmanaged"],
        reason: "20 ns a touch and a life by hand; name things by slab index",
        allowed: ["Sources/Linux/Threads.swift", "Sources/Telemetry/Queue/Thread.swift"]),
    Ban(tokens: ["DispatchQueue"], reason: "there are loops and their mailboxes, no other threads"),
    // Between vectors of one size there is no other way.
    Ban(
        tokens: ["unsafeBitCast"], reason: "read the bytes as what they are",
        allowed: ["Sources/Telemetry/Lines/CleanCopy.swift"]),
    Ban(
        tokens: ["nonisolated", "(", "unsafe", ")", "var"],
        reason: "shared and written: use an Atomic or a Mutex"),
    Ban(
        tokens: ["nonisolated", "(", "unsafe", ")", "static", "var"],
        reason: "shared and written: use an Atomic or a Mutex"),
    Ban(tokens: ["_silgen_name"], reason: "declare it in a system module's header"),
]

private func banned(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        bans.filter { $0.allowed.isDisjoint(with: [file.module, file.path]) }.flatMap { ban in
            file.tokens.indices.filter { stands(ban, at: $0, in: file.tokens) }.map {
                Finding(
                    path: file.path, line: file.tokens[$0].line,
                    advice: "\(ban.tokens.joined()) is banned: \(ban.reason)")
            }
        }
    }
}

private func stands(_ ban: Ban, at index: Int, in tokens: [SwiftToken]) -> Bool {
    guard tokens[index].text == ban.tokens[0], index + ban.tokens.count <= tokens.count else {
        return false
    }
    for (offset, text) in ban.tokens.enumerated() where tokens[index + offset].text != text {
        return false
    }
    // A declaration of ours may bear the name, as may a member or a quoted name.
    let before = index > 0 ? tokens[index - 1].text : ""
    if ["func", "`", "case", "let", "var"].contains(before) { return false }
    if ban.isFunction, before == ".", index > 1,
        !["Glibc", "CLinux", "Swift", "Thread", "Task"].contains(tokens[index - 2].text)
    {
        return false
    }
    guard let unless = ban.unless else { return true }
    let call = tokens[index...].dropFirst(ban.tokens.count)
    var depth = 1
    for token in call {
        if token.text == "(" { depth += 1 }
        if token.text == ")" { depth -= 1 }
        if depth == 0 { return true }
        if token.text == unless { return false }
    }
    return true
}

/// A `!` that stands right behind a value and is no comparison.
private func forcedUnwraps(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.tokens.indices.dropFirst().compactMap { index -> Finding? in
            let tokens = file.tokens
            let before = tokens[index - 1]
            guard tokens[index].text == "!", tokens[index].isAttached else { return nil }
            guard before.isWord || [")", "]", "}"].contains(before.text) else { return nil }
            guard before.text != "try", before.text != "as" else { return nil }
            let next = index + 1 < tokens.count ? tokens[index + 1] : nil
            if let next, next.text == "=", next.isAttached { return nil }
            return Finding(
                path: file.path, line: tokens[index].line,
                advice: "a forced unwrap traps; bind it, or say with precondition why it is there")
        }
    }
}

/// Marks for work left over, which belong in the tracker; spelt apart so that this file holds none.
private let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

private func leftoverMarks(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.comments.enumerated().compactMap { index, comment in
            let words = comment.split { !($0.isLetter || $0.isNumber) }
            guard let mark = words.first(where: { leftovers.contains(String($0)) }) else {
                return nil
            }
            return Finding(
                path: file.path, line: index + 1, advice: "\(mark): do it now, or leave it out")
        }
    }
}

struct BanTests {
    @Test func `the sources do without what is banned`() {
        expectNone(banned(in: Tree.sources))
    }

    @Test func `nothing is unwrapped by force`() {
        expectNone(forcedUnwraps(in: Tree.sources))
    }

    @Test func `no mark for left-over work is left`() {
        expectNone(leftoverMarks(in: Tree.all))
    }

    @Test(arguments: [
        "let now = Date()", "print(\"x\")", "exit(1)", "fatalError(\"x\")", "sleep(1)",
        "usleep(1)", "Glibc.nanosleep(a, b)", "try await Task.sleep(for: a)",
        "let t = String(format: \"%d\", 1)", "try! f()",
        "a as! B", "Int.random(in: 0..<6)", "list.shuffled()", "list.randomElement()",
        "Task { await f() }", "Task.detached { f() }", "let u: Unmanaged<A>",
        "DispatchQueue.main", "unsafe unsafeBitCast(a, to: B.self)",
        "nonisolated(unsafe) var a = 1", "@_silgen_name(\"f\") func f()",
    ])
    func `what is banned is found`(_ line: String) {
        #expect(banned(in: [fixture("func g() {\n\(line)\n}")]).map(\.line) == [2])
    }

    @Test(arguments: [
        "// print(\"x\")", "let a = \"fatalError()\"", "func print(_ a: Int) {}",
        "Int.random(in: 0..<6, using: &generator)", "Task(executorPreference: loop) { f() }",
        "await loop.sleep(for: .seconds(1))", "let date = FieldName.date", "buffer.append(date)",
        "nonisolated(unsafe) private let a: UnsafeMutablePointer<Int>",
    ])
    func `what only looks like it is not`(_ line: String) {
        #expect(banned(in: [fixture(line)]).isEmpty)
    }

    @Test func `main may print and exit`() {
        let file = fixture("print(1)\nexit(0)", path: "Sources/apus/main.swift")
        #expect(banned(in: [file]).isEmpty)
    }

    @Test(arguments: ["a!", "f()!.b", "list[0]!", "a! == b"])
    func `a forced unwrap is found`(_ expression: String) {
        #expect(forcedUnwraps(in: [fixture("let x = \(expression)")]).count == 1)
    }

    @Test(arguments: ["a != b", "!a", "(!a)", "a!=b", "\"a!\"", "try! f()"])
    func `a negation or comparison is none`(_ expression: String) {
        #expect(forcedUnwraps(in: [fixture("let x = \(expression)")]).isEmpty)
    }

    @Test(arguments: leftovers)
    func `a mark for left-over work is found`(_ mark: String) {
        #expect(leftoverMarks(in: [fixture("// \(mark): later")]).count == 1)
        #expect(leftoverMarks(in: [fixture("let a = \"\(mark)\"")]).isEmpty)
    }
}
