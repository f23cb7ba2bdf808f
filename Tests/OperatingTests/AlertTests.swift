import Testing

/// The rules, their tests and the runbook belong together.
struct AlertTests {
    private static let rulesFile = "docker/prometheus/alerts.yml"

    private func rules() throws -> [Tangle] {
        let rules = try Tree.yaml(Self.rulesFile)["groups"].list.flatMap { $0["rules"].list }
        #expect(rules.count > 10)
        return rules
    }

    @Test func `every alert has a section of the runbook, and every section an alert`() throws {
        let alerts = try rules().map { $0["alert"].text }
        #expect(Set(alerts).count == alerts.count)
        let sections = try Tree.text("docs/RUNBOOK.md").split(separator: "\n")
            .filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
        #expect(alerts == sections)
    }

    @Test func `a section says what an alert means, what to look at and what to do`() throws {
        let sections = try Tree.text("docs/RUNBOOK.md").split(separator: "\n## ").dropFirst()
        for section in sections {
            for part in ["**Means.** ", "**Look at.** ", "**Do.**"] {
                #expect(section.split(separator: part).count == 2, "\(section.prefix(30)): \(part)")
            }
        }
    }

    @Test func `every alert links its section and says how urgent it is`() throws {
        for rule in try rules() {
            let name = rule["alert"].text
            let link = "docs/RUNBOOK.md#\(name.lowercased())"
            #expect(rule["annotations"]["runbook"].text == link)
            #expect(!rule["annotations"]["summary"].text.isEmpty, "\(name)")
            #expect(["page", "ticket"].contains(rule["labels"]["severity"].text), "\(name)")
        }
    }

    @Test func `every alert asks for metrics and labels that there are`() throws {
        for rule in try rules() {
            let query = Query(rule["expr"].text)
            #expect(!query.series.isEmpty)
            #expect(query.faults.isEmpty, "\(rule["alert"].text)")
        }
    }

    @Test func `every alert is tested to fire, and not to`() throws {
        let cases = try Tree.yaml("docker/prometheus/alerts.test.yml")["tests"].list
            .flatMap { $0["alert_rule_test"].list }
        for rule in try rules() {
            let name = rule["alert"].text
            let own = cases.filter { $0["alertname"].text == name }
            #expect(own.contains { !$0["exp_alerts"].list.isEmpty }, "\(name) fires")
            #expect(own.contains { $0["exp_alerts"].list.isEmpty }, "\(name) is quiet")
        }
        let names = try Set(rules().map { $0["alert"].text })
        #expect(cases.allSatisfy { names.contains($0["alertname"].text) })
    }

    @Test func `rules are loaded, and the job is called what they call it`() throws {
        let prometheus = try Tree.yaml("docker/prometheus/prometheus.yml")
        for file in prometheus["rule_files"].texts {
            #expect(Tree.exists("docker/prometheus/\(file)"))
        }
        #expect(prometheus["rule_files"].texts == ["alerts.yml"])
        #expect(prometheus["scrape_configs"].list.map { $0["job_name"].text } == ["apus"])
    }
}
