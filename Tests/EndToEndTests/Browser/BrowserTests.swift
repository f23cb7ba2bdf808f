import Foundation
import Testing

/// What a real browser makes of what the gateway says.
@Suite(
    .staged,
    .enabled(if: Chromium.isWanted, "chromium is not installed: .ci/setup test installs it"))
struct BrowserTests {
    @Test(arguments: BrowserPage.allCases)
    func `scripts read what their origin may read, and nothing else`(_ page: BrowserPage) throws {
        let run = try BrowserRun.shared.get()
        let report = try #require(run.reports[page])
        #expect((report.origin == "null") == (page == .null))
        for one in BrowserCase.table {
            let outcome = try #require(report.outcomes[one.name], "\(one.name)")
            if let fault = one.fault(of: outcome, on: page) {
                Issue.record("\(one.name), page \(page.rawValue): \(fault)")
            }
        }
    }

    @Test func `scripts read exposed headers and no others`() throws {
        let run = try BrowserRun.shared.get()
        for page in BrowserPage.listed {
            let outcome = try #require(run.reports[page]?.outcomes["a simple GET"])
            #expect(outcome.header("x-request-id")?.isEmpty == false)
            #expect(outcome.header("x-shown") == "1")
            #expect(outcome.header("x-hidden") == nil)
            #expect(outcome.header("access-control-allow-origin") == nil)
        }
        let open = try #require(run.reports[.foreign]?.outcomes["a GET that all may read"])
        #expect(open.header("x-request-id")?.isEmpty == false)
        #expect(open.header("x-shown") == nil)
    }

    @Test func `an error's id is the one in its header`() throws {
        let run = try BrowserRun.shared.get()
        let outcome = try #require(run.reports[.app]?.outcomes["no upstream"])
        let id = try #require(outcome.header("x-request-id"))
        #expect(outcome.text?.contains("urn:request:\(id)") == true)
        #expect(outcome.header("content-type")?.hasPrefix("application/problem+json") == true)
    }

    @Test func `what a preflight refuses never reaches the app`() throws {
        let run = try BrowserRun.shared.get()
        #expect(!run.requests.contains { $0.method == "OPTIONS" })
        for one in BrowserCase.table {
            for page in BrowserPage.allCases where !one.reachesApp && !one.readers.contains(page) {
                let target = "\(one.path)?page=\(page.rawValue)"
                let isThere = run.requests.contains { request in
                    request.target == target && request.method == one.method
                        && one.fields.allSatisfy { request.all($0.key) == [$0.value] }
                }
                #expect(!isThere, "\(one.name), page \(page.rawValue)")
            }
        }
    }

    @Test func `a preflight is asked again only when its age has passed`() throws {
        let run = try BrowserRun.shared.get()
        for one in BrowserCase.repeated {
            let outcome = try #require(run.reports[.app]?.outcomes[one.name])
            #expect(one.fault(of: outcome, on: .app) == nil)
        }
        #expect(run.count("kept", "preflight") == 1)
        #expect(run.count("kept", "allowed") == 2)
        #expect(run.count("asked", "preflight") == 2)
        #expect(run.count("asked", "allowed") == 2)
    }

    @Test func `where origins are enforced, each request of another one is refused`() throws {
        let run = try BrowserRun.shared.get()
        // A GET and a POST of two pages each.
        #expect(run.count("enforced", "allowed") == 4)
        #expect(run.count("enforced", "refused") == 4)
        #expect(run.count("enforced", "preflight") == 0)
    }

    @Test func `a strict page runs its own content, and nothing that was put into it`() throws {
        let strict = try BrowserRun.shared.get().strict
        #expect(strict.colour == "rgb(1, 2, 3)")
        #expect(strict.imageWidth == 7)
        #expect(!strict.inlineRan)
        #expect(!strict.sniffedRan)
        #expect(!strict.hasCamera)
        #expect(strict.hasSynchronousRequests)
        #expect(
            strict.violations == [
                BrowserRun.StrictReport.Violation(directive: "script-src-elem", blocked: "inline")
            ])
    }

    @Test func `scripts do not see a hardened cookie, which goes along all the same`() throws {
        let run = try BrowserRun.shared.get()
        #expect(run.strict.cookies == "seen=1")
        let report = try #require(run.requests.last { $0.target == "/page/report" })
        #expect(report["Cookie"] == "unseen=1; seen=1")
    }

    @Test func `other sites' pages may ask a guarded route, and change nothing`() throws {
        let run = try BrowserRun.shared.get()
        for one in BrowserCase.guarded {
            for page in BrowserPage.allCases {
                let outcome = try #require(run.reports[page]?.outcomes[one.name])
                #expect(one.fault(of: outcome, on: page) == nil, "\(one.name), \(page.rawValue)")
                let arrivals = run.requests.filter {
                    $0.target == "/guarded?page=\(page.rawValue)" && $0.method == one.method
                        && $0["Host"]?.hasPrefix(one.host) == true
                }
                #expect(arrivals.count == (one.method == "GET" ? 1 : 0), "\(one.name)")
            }
        }
        // It is told by either field, and by none where the name is not trustworthy.
        let sites = run.requests.filter { $0.target.hasPrefix("/guarded") }.map {
            $0["Sec-Fetch-Site"]
        }
        #expect(Set(sites) == [nil, "cross-site"])
    }

    @Test func `a strict page tells nobody where it is`() throws {
        let requests = try BrowserRun.shared.get().requests
        let ofPage = requests.filter {
            $0.target.hasPrefix("/page/") && $0["Host"]?.hasPrefix("shop.localhost") == true
        }
        #expect(ofPage.count >= 5)
        #expect(ofPage.allSatisfy { $0["Referer"] == nil })
    }
}

extension BrowserRun {
    /// How many requests came to a result by a policy.
    fileprivate func count(_ policy: String, _ result: String) -> Double? {
        metrics["apus_cors_requests_total{policy=\"\(policy)\",result=\"\(result)\"}"]
    }
}

extension BrowserCase {
    /// What is not as it should be.
    fileprivate func fault(of outcome: BrowserRun.Outcome, on page: BrowserPage) -> String? {
        guard readers.contains(page) else {
            return outcome.error == "TypeError" ? nil : "may be read: \(outcome)"
        }
        switch reading {
        case .opaque: return outcome.type == "opaque" ? nil : "not opaque: \(outcome)"
        case .status(let status, let code):
            guard outcome.status == status, outcome.type == "cors" else {
                return "not \(status): \(outcome)"
            }
            let answer = (outcome.text?.data(using: .utf8)).flatMap {
                try? JSONSerialization.jsonObject(with: $0) as? [String: Any]
            }
            if let code, answer?["code"] as? String != code { return "not \(code): \(outcome)" }
            let isTold = told.allSatisfy { answer?[$0.key] as? String == $0.value }
            return isTold ? nil : "not told \(told): \(outcome)"
        }
    }
}
