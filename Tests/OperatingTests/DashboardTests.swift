import Telemetry
import Testing

struct DashboardTests {
    private func dashboard() throws -> Tangle {
        try Tree.json("docker/grafana/dashboards/apus.json")
    }

    @Test func `every query asks for metrics and labels that there are`() throws {
        let queries = try dashboard().all("expr").map(\.text)
        #expect(queries.count > 40)
        for query in queries { #expect(Query(query).faults.isEmpty, "\(query)") }
    }

    @Test func `every metric of the gateway is on it`() throws {
        let shown = try Set(
            dashboard().all("expr").flatMap { Query($0.text).series.map(\.metric) })
        for metric in Metric.allCases {
            let name = "\(metric.name)"
            let isShown = shown.contains(name) || shown.contains("\(name)_bucket")
            #expect(isShown, "\(name)")
        }
    }

    @Test func `panels have numbers and places of their own`() throws {
        let panels = try dashboard()["panels"].list
        let numbers = panels.map { $0["id"].number }
        #expect(Set(numbers).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = panel["gridPos"]
            let (x, y) = (place["x"].number, place["y"].number)
            #expect(x + place["w"].number <= 24 && place["w"].number > 0)
            for column in x..<(x + place["w"].number) {
                for row in y..<(y + place["h"].number) {
                    #expect(taken.insert([column, row]).inserted, "\(panel["title"].text)")
                }
            }
        }
    }

    @Test func `every panel asks the data source that is provisioned`() throws {
        let source = try Tree.yaml("docker/grafana/provisioning/datasources/prometheus.yaml")
        let uid = try #require(source["datasources"].list.first)["uid"].text
        let used = try dashboard().all("datasource")
        #expect(used.count > 40)
        #expect(used.allSatisfy { $0["uid"].text == uid && $0["type"].text == "prometheus" })
    }

    @Test func `the dashboard is where its provider looks`() throws {
        let provider = try Tree.yaml("docker/grafana/provisioning/dashboards/apus.yaml")
        let folder = try #require(provider["providers"].list.first)["options"]["path"].text
        let volumes = try Tree.yaml("docker/compose.yaml")["services"]["grafana"]["volumes"].texts
        #expect(volumes.contains("./grafana/dashboards:\(folder):ro"))
    }
}
