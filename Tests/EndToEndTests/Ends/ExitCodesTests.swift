import Testing

@Suite(.staged) struct ExitCodesTests {
    private func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
        try ChildProcess.run([try Binary.path()] + arguments)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["check", "--help"], ["version"]])
    func `help and version end with 0`(arguments: [String]) throws {
        let (code, output) = try run(arguments)
        #expect(code == 0)
        #expect(output.count > 20)
    }

    @Test(arguments: [
        ["nonsense"], ["run", "--nonsense"], ["check", "a", "b"], ["run", "--config"],
    ])
    func `a wrong call ends with 64`(arguments: [String]) throws {
        let (code, output) = try run(arguments)
        #expect(code == 64)
        #expect(output.contains("Usage:"))
    }

    @Test(arguments: [
        "", "listeners: 5", "nonsense: true", "listeners: { public: { bind: nowhere } }", "\t{[",
        "listeners: { public: { bind: \"127.0.0.1:8080\" } }\nroutes: [ { name: a } ]",
        "log: { output: \"${APUS_TEST_NOT_SET}\" }",
    ])
    func `a configuration that does not hold ends with 78`(text: String) throws {
        let folder = try ChildProcess.newFolder()
        let child = try ChildProcess(
            [try Binary.path(), "run", "--config", "\(folder)/apus.yaml"],
            files: ["apus.yaml": text], in: folder)
        #expect(try child.waitForEnd() == 78)
        #expect(child.output("stderr").contains("apus.yaml:"))
        #expect(child.output("stderr").contains(": error: "))
    }

    @Test func `a configuration that is missing ends with 78`() throws {
        #expect(try run(["run", "--config", "/nonexistent/apus.yaml"]).code == 78)
    }

    @Test(arguments: ["public", "admin"])
    func `an address that cannot be had ends with 69`(taken: String) throws {
        let holder = try Descriptor.listening(on: .ip4(0))
        let free = try Ports.free()
        let folder = try ChildProcess.newFolder()
        let text = """
            environment: development
            listeners: { public: { bind: "127.0.0.1:\(taken == "public" ? holder.port : free)" } }
            admin: { bind: "127.0.0.1:\(taken == "admin" ? holder.port : free)" }
            routes: [ { name: a, match: { path: /* }, respond: { status: 200 } } ]
            """
        let child = try ChildProcess(
            [try Binary.path(), "run", "--config", "\(folder)/apus.yaml"],
            files: ["apus.yaml": text + "\n"], in: folder)
        #expect(try child.waitForEnd() == 69)
        #expect(child.output("stderr").contains(":\(holder.port)"))
    }

    @Test func `a second gateway does not share the first one's address`() throws {
        let first = try Apus(to: Origin.saying())
        let error = #expect(throws: Unmet.self) {
            try Apus(
                to: Origin.saying(),
                with: "listeners: { public: { bind: \"127.0.0.1:\(first.port)\" } }")
        }
        #expect(error?.description.contains("ended with 69") == true)
        #expect(try first.ask(get("/")).status == 200)
    }

    @Test func `an address can be had again at once`() throws {
        let first = try Apus(to: Origin.saying())
        let wire = try first.connect()
        #expect(try wire.ask(get("/")).status == 200)
        #expect(try first.terminate() == 0)
        let second = try Apus(
            to: Origin.saying(),
            with: "listeners: { public: { bind: \"127.0.0.1:\(first.port)\" } }")
        #expect(try Wire(to: .ip4(first.port)).ask(get("/")).status == 200)
        #expect(try second.terminate() == 0)
    }
}
