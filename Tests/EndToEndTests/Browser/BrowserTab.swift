import Foundation

/// A page in a browser that is told what to do, over the DevTools protocol.
final class BrowserTab: Sendable {
    /// What the browser said by itself.
    struct Event: Sendable {
        let method: String
        /// Its parameters, as JSON.
        let text: String
    }

    private let chromium: Chromium
    private let wire: Wire
    private let session: String
    private let calls: Counter
    private let events = Notes<Event>()

    /// Opens an empty page, of which everything is noted from its beginning.
    init() throws {
        let (ours, theirs) = try Descriptor.pair()
        let chromium = try Chromium("about:blank", control: theirs)
        let calls = Counter(1)
        let wire = Wire(ours)
        func call(_ method: String, _ values: [String: Any]) throws -> [String: Any] {
            try Self.call(method, values, nil, on: wire, number: calls.increment()) { _ in }
        }
        let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"]
        let attached = try call(
            "Target.attachToTarget", ["targetId": target ?? "", "flatten": true])
        self.chromium = chromium
        self.wire = wire
        self.calls = calls
        session = attached["sessionId"] as? String ?? ""
        for domain in ["Page", "Runtime", "Log", "Network"] { try ask("\(domain).enable") }
        try ask(
            "Page.addScriptToEvaluateOnNewDocument",
            [
                "source": """
                self.violations = [];
                addEventListener("securitypolicyviolation", (event) =>
                    self.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
                """
            ])
    }

    // MARK: What it does

    func open(_ url: String) throws { try ask("Page.navigate", ["url": url]) }

    /// Runs an expression, or a promise, in the page.
    func value<Value: Decodable>(_ expression: String, as type: Value.Type) throws -> Value {
        let answer = try ask(
            "Runtime.evaluate",
            [
                "expression": "(async () => JSON.stringify(await (\(expression))))()",
                "awaitPromise": true,
            ])
        let result = answer["result"] as? [String: Any]
        guard answer["exceptionDetails"] == nil, let text = result?["value"] as? String else {
            throw Unmet("\(expression.prefix(200)) is \("\(answer)".prefix(600))")
        }
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// The text of an element; empty before it is there.
    func text(_ selector: String) throws -> String {
        try value("document.querySelector('\(selector)')?.textContent ?? ''", as: String.self)
    }

    func isTrue(_ expression: String) throws -> Bool { try value(expression, as: Bool.self) }

    func run(_ script: String) throws {
        _ = try isTrue("(() => { \(script); return true; })()")
    }

    func emulate(scheme: String) throws {
        try ask(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": scheme]]])
    }

    func emulate(width: Int) throws {
        try ask(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600])
    }

    // MARK: What it said

    /// The events of a name so far.
    func events(_ method: String) throws -> [[String: Any]] {
        // Whatever came before this answer has been read with it.
        _ = try isTrue("true")
        return try events.all.filter { $0.method == method }.map {
            let value = try JSONSerialization.jsonObject(with: Data($0.text.utf8))
            return value as? [String: Any] ?? [:]
        }
    }

    /// Errors of scripts, of loading, and of whatever else the console tells.
    func complaints() throws -> [String] {
        let entries = try events("Log.entryAdded").compactMap { $0["entry"] as? [String: Any] }
            .filter { $0["level"] as? String == "error" }
            .map { "\($0["text"] ?? "") \($0["url"] ?? "")" }
        let spoken = try events("Runtime.consoleAPICalled").map { "\($0)" }
        return entries + spoken + (try events("Runtime.exceptionThrown")).map { "\($0)" }
    }

    // MARK: The protocol

    @discardableResult
    private func ask(_ method: String, _ values: [String: Any] = [:]) throws -> [String: Any] {
        try Self.call(method, values, session, on: wire, number: calls.increment()) {
            events.add($0)
        }
    }

    private static func call(
        _ method: String, _ values: [String: Any], _ session: String?, on wire: Wire, number: Int,
        note: (Event) -> Void
    ) throws -> [String: Any] {
        var message: [String: Any] = ["id": number, "method": method, "params": values]
        if let session { message["sessionId"] = session }
        try wire.send(Array(try JSONSerialization.data(withJSONObject: message)) + [0])
        while true {
            let end = try wire.read("an answer to \(method)", within: 60) { $0.firstIndex(of: 0) }
            let bytes = Data(wire.take(end + 1).dropLast())
            let value = try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:]
            if value["id"] as? Int == number {
                if let error = value["error"] { throw Unmet("\(method): \(error)") }
                return value["result"] as? [String: Any] ?? [:]
            }
            let told = try JSONSerialization.data(withJSONObject: value["params"] ?? [:])
            note(
                Event(
                    method: value["method"] as? String ?? "",
                    text: String(decoding: told, as: UTF8.self)))
        }
    }
}
