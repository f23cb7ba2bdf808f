import Testing

/// The image and the stack around it, as far as they can be judged without building them.
struct ContainerTests {
    private func instructions() throws -> [(word: String, rest: String)] {
        let text = try Tree.text("docker/Dockerfile").replacing("\\\n", with: " ")
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let word = line.prefix { $0 != " " }
            return (String(word), String(line.dropFirst(word.count + 1)))
        }
    }

    @Test func `the image is built in one stage and runs in another, as nobody`() throws {
        let instructions = try instructions()
        #expect(instructions.count { $0.word == "FROM" } == 2)
        let last = try #require(instructions.lastIndex { $0.word == "FROM" })
        let stage = instructions[last...]
        let user = try #require(stage.last { $0.word == "USER" })
        #expect(
            Int(user.rest).map { $0 > 0 } == true, "a number, so that it is seen not to be root")
        #expect(stage.contains { $0.word == "RUN" && $0.rest.contains("--uid \(user.rest)") })
        #expect(!stage.contains { $0.rest.contains("swift:") })
    }

    @Test func `the image asks itself how it is`() throws {
        let check = try #require(instructions().last { $0.word == "HEALTHCHECK" })
        #expect(check.rest.hasSuffix(#"CMD ["/usr/local/bin/apus", "health"]"#))
        // It asks where the image's own configuration has the admin listener.
        let admin = try Tree.yaml("docker/apus.yaml")["admin"]["bind"].text
        #expect(admin == "127.0.0.1:9901")
    }

    @Test func `what is copied into the image is there`() throws {
        for copy in try instructions() where copy.word == "COPY" {
            let words = copy.rest.split(separator: " ").filter { !$0.hasPrefix("--from") }
            if copy.rest.hasPrefix("--from") { continue }
            for path in words.dropLast() { #expect(Tree.exists(String(path)), "\(path)") }
        }
    }

    @Test func `every base image is of a version`() throws {
        let bases = try instructions().filter { $0.word == "FROM" }.map(\.rest)
        let services = try Tree.yaml("docker/compose.yaml")["services"].members
        let others = services.filter { !$0.value["build"].isThere }.map { $0.value["image"].text }
        for image in bases + others {
            let name = image.split(separator: " ")[0]
            #expect(name.contains(":") && !name.hasSuffix(":latest"), "\(image)")
        }
    }

    @Test func `services name files, networks, volumes and services that there are`() throws {
        let compose = try Tree.yaml("docker/compose.yaml")
        let services = compose["services"]
        #expect(services.keys == ["demo", "gateway", "grafana", "prometheus", "redis"])
        for (name, service) in services.members {
            for volume in service["volumes"].texts {
                let source = volume.split(separator: ":")[0]
                let isThere =
                    source.hasPrefix("./")
                    ? Tree.exists("docker/\(source.dropFirst(2))")
                    : compose["volumes"].keys.contains(String(source))
                #expect(isThere, "\(name): \(volume)")
            }
            let build = service["build"]
            if build.isThere {
                #expect(build["context"].text == "..")
                #expect(Tree.exists(build["dockerfile"].text))
            }
            for network in service["networks"].texts {
                #expect(compose["networks"].keys.contains(network), "\(name): \(network)")
            }
            let others = service["depends_on"].keys + service["depends_on"].texts
            #expect(others.allSatisfy { services.keys.contains($0) }, "\(name)")
            // Nothing is published beyond this machine without a decision.
            #expect(service["ports"].texts.allSatisfy { $0.hasPrefix("127.0.0.1:") }, "\(name)")
        }
    }

    @Test func `services gain no privileges, and those that can write nothing`() throws {
        for (name, service) in try Tree.yaml("docker/compose.yaml")["services"].members {
            #expect(service["security_opt"].texts == ["no-new-privileges:true"], "\(name)")
            #expect(!service["privileged"].flag, "\(name)")
            // Grafana writes to folders of its image.
            if name != "grafana" { #expect(service["read_only"].flag, "\(name)") }
        }
    }

    @Test func `Prometheus asks where the gateway's admin listener is`() throws {
        let admin = try Tree.yaml("docker/stack/gateway.yaml")["admin"]["bind"].text
        let scrapes = try Tree.yaml("docker/prometheus/prometheus.yml")["scrape_configs"].list
        let targets = scrapes.flatMap { $0["static_configs"].list }.flatMap { $0["targets"].texts }
        #expect(targets == [admin])
        // It is on a loopback, which they share.
        let prometheus = try Tree.yaml("docker/compose.yaml")["services"]["prometheus"]
        #expect(prometheus["network_mode"].text == "service:gateway")
    }
}
