import Testing

@testable import Policy

@Suite struct ProviderVectorTests {
    @Test func `there are vectors of every provider`() {
        let providers = Set(WebhookVector.all.map(\.provider))
        #expect(providers == Set(WebhookProvider.table.map(\.name)))
        #expect(providers.count == 19)
    }

    @Test(arguments: WebhookVector.all)
    func `what a provider signs is accepted and told`(_ vector: WebhookVector) throws {
        var scratch = WebhookScratch()
        let ruling = vector.sample.ruling(by: try vector.verifier(), &scratch)
        #expect(ruling == (vector.expect == "verified" ? .verified : .handshake))
        #expect(scratch.told.answer == vector.answer)
        guard vector.expect == "verified" else { return }
        #expect(scratch.told.id == vector.id)
        #expect(vector.replay.isEmpty || scratch.told.replay == vector.replay)
        #expect(!scratch.told.replay.isEmpty)
    }

    @Test(arguments: WebhookVector.all)
    func `another secret proves nothing`(_ vector: WebhookVector) throws {
        let others = WebhookVector.all.filter { $0.provider == vector.provider }.flatMap(\.secrets)
        var webhook = try vector.webhook()
        let secret: String
        switch vector.provider {
        // Public keys of the same kinds, out of other vectors.
        case "sendgrid", "discord", "paypal": return
        case "standard", "svix": secret = "whsec_" + "QUJD" + "QUJDQUJDQUJDQUJDQUJDQUJDQUJD"
        default: secret = vector.secrets[0].hasPrefix("whsec_") ? "whsec_QUJDQUJD" : "another one"
        }
        #expect(!others.contains(secret))
        webhook.keys = [try WebhookKey(secret, for: webhook.scheme)]
        let ruling = vector.sample.ruling(by: WebhookVerifier(webhook))
        guard case .refused(let refusal) = ruling else {
            Issue.record("accepted by another secret")
            return
        }
        #expect(refusal.kind == .badSignature || refusal.kind == .malformed)
    }

    @Test(arguments: WebhookVector.all)
    func `a header that is covered is needed, once`(_ vector: WebhookVector) throws {
        let verifier = try vector.verifier()
        for name in vector.covers where name != "body" && name != "target" {
            var sample = vector.sample
            let index = try #require(sample.headers.firstIndex { $0.name == name })
            let header = sample.headers.remove(at: index)
            let missing = sample.ruling(by: verifier)
            sample.headers += [header, header]
            let repeated = sample.ruling(by: verifier)
            // GitLab's token is there as well, and none that is configured.
            guard case .refused(let first) = missing, case .refused(let second) = repeated else {
                Issue.record("\(name) may be missing or come twice")
                continue
            }
            #expect(first.kind == .missing)
            #expect(second.kind == .malformed)
        }
    }

    @Test(arguments: WebhookVector.all)
    func `what is old or of the future is stale, and only what is genuine`(
        _ vector: WebhookVector
    ) throws {
        let webhook = try vector.webhook()
        let verifier = WebhookVerifier(webhook)
        // A token comes with no time.
        guard let tolerance = webhook.tolerance, vector.covers != ["X-Gitlab-Token"] else { return }
        var sample = vector.sample
        // Two seconds more than is allowed, since some timestamps are not whole seconds.
        let apart = UInt64(tolerance + 2) * 1_000_000_000
        sample.now += apart
        #expect(sample.ruling(by: verifier) == .refused(.timestampPast))
        sample.now -= 2 * apart
        #expect(sample.ruling(by: verifier) == .refused(.timestampFuture))
        sample.now += apart - UInt64(tolerance - 1) * 1_000_000_000
        #expect(sample.ruling(by: verifier) != .refused(.timestampFuture))
        // PayPal's certificate holds neither then nor then.
        guard vector.provider != "paypal" else { return }
        sample.now = 0
        #expect(sample.ruling(by: verifier) == .refused(.timestampFuture))
        sample.now = .max
        #expect(sample.ruling(by: verifier).refusal?.kind != .malformed)
        sample.body += Array("}".utf8)
        if vector.covers.contains("body") {
            #expect(sample.ruling(by: verifier).refusal?.kind == .badSignature)
        }
    }
}
