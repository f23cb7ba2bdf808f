import Bytes
import Config
import Linux
import Policy
import Telemetry

/// Sees to it that the app gets each event until it has answered it 2xx, and never after.
///
/// An event is claimed in this process first and then in Redis, committed once the app has answered
/// it 2xx, and released if the request ends in any other way.
extension Worker where Kernel: ~Copyable {
    /// Claims the event that was verified last.
    mutating func beginDelivery(
        _ x: UInt32, _ webhook: WebhookUse, _ replay: ReplaySettings
    ) -> StageRuling {
        let claim = makeClaim(
            webhook: webhook.index, of: desk.webhooks.scratch.replay, life: webhook.claimLength)
        let delivery = Delivery(
            claim, patienceEnds: transport.now.advanced(by: replay.duplicateWait))
        guard let index = desk.webhooks.deliveries.insert(delivery) else {
            preconditionFailure("an exchange delivers one event at most")
        }
        exchanges[x].admission.delivery = index.slot
        return self.claim(x)
    }

    /// Claims the event of an exchange here, then in Redis.
    private mutating func claim(_ x: UInt32) -> StageRuling {
        let slot = exchanges[x].admission.delivery
        let claim = desk.webhooks.deliveries[slot].claim
        let now = transport.now.nanoseconds / 1000
        let ruling = plan.commons.replays.table.claim(
            claim.key, claim.ticket, until: claim.end, at: now)
        if isShadow(claim.webhook) { return deliverInShadow(x, ruling) }
        switch ruling {
        case .claimed: break
        case .inFlight: return awaitOther(x)
        case .replayed: return endReplayed(x)
        case .full: return endUnclaimed(x)
        }
        desk.webhooks.deliveries[slot].phase = .claimed
        guard claimInStore(x, claim) else { return decideWithoutStore(x) }
        desk.webhooks.deliveries[slot].phase = .asking
        return .awaited
    }

    /// Goes on with a delivery whose claim Redis has answered, or has not in time.
    ///
    /// Called once for each claim that was asked, in a later turn, unless the exchange has ended.
    mutating func deliveryAnswered(_ x: UInt32, _ answer: ReplayAnswer) {
        let slot = exchanges[x].admission.delivery
        guard slot != .max, desk.webhooks.deliveries[slot].isAsking else { return }
        desk.webhooks.deliveries[slot].phase = .claimed
        let claim = desk.webhooks.deliveries[slot].claim
        let now = transport.now.nanoseconds / 1000
        switch answer {
        case .claimed: goOn(admitted(x), x)
        case .nothing: goOn(decideWithoutStore(x), x)
        case .replayed(let milliseconds):
            let left = min(milliseconds, UInt64(keptSeconds(claim.webhook)) * 1000)
            plan.commons.replays.table.commit(
                claim.key, until: now &+ max(left, 1000) &* 1000, at: now)
            goOn(endReplayed(x), x)
        case .inFlight:
            desk.webhooks.deliveries[slot].isHeldElsewhere = true
            goOn(awaitElsewhere(x), x)
        }
    }

    /// Decides on an event that is claimed here, while Redis says nothing.
    private mutating func decideWithoutStore(_ x: UInt32) -> StageRuling {
        let delivery = desk.webhooks.deliveries[exchanges[x].admission.delivery]
        if delivery.isHeldElsewhere { return awaitElsewhere(x) }
        let goesOn = !store.isUsed || desk.webhooks.terms[delivery.claim.webhook].goesWithoutStore
        return goesOn ? admitted(x) : endUnclaimed(x)
    }

    /// Gives up the claim here, as another gateway has the event, and waits for that one.
    private mutating func awaitElsewhere(_ x: UInt32) -> StageRuling {
        let claim = desk.webhooks.deliveries[exchanges[x].admission.delivery].claim
        plan.commons.replays.table.release(
            claim.key, claim.ticket, at: transport.now.nanoseconds / 1000)
        return awaitOther(x)
    }

    private mutating func goOn(_ ruling: StageRuling, _ x: UInt32) {
        guard case .admitted = ruling else { return }
        leave(x)
        passLimits(x)
    }

    private mutating func admitted(_ x: UInt32) -> StageRuling {
        let webhook = desk.webhooks.deliveries[exchanges[x].admission.delivery].claim.webhook
        sight.metrics.webhookJudged(webhook, .verified)
        return .admitted
    }

    @inline(__always) private func isShadow(_ webhook: Int) -> Bool {
        desk.webhooks.terms[webhook].isShadow
    }

    @inline(__always) private func keptSeconds(_ webhook: Int) -> Int64 {
        desk.webhooks.terms[webhook].secondsKept
    }

    /// Passes a delivery on, whatever is known of its event: only this process is asked, and only
    /// told of.
    private mutating func deliverInShadow(_ x: UInt32, _ ruling: ReplayRuling) -> StageRuling {
        let slot = exchanges[x].admission.delivery
        switch ruling {
        case .claimed:
            desk.webhooks.deliveries[slot].phase = .claimed
            return admitted(x)
        case .replayed: noteReplayed(x, isLetPass: true)
        case .inFlight, .full:
            sight.metrics.webhookJudged(
                desk.webhooks.deliveries[slot].claim.webhook, .verified)
        }
        dropDelivery(x)
        return .admitted
    }

    // MARK: Duplicates

    /// Waits for the request that delivers the same event, or gives up.
    private mutating func awaitOther(_ x: UInt32) -> StageRuling {
        let slot = exchanges[x].admission.delivery
        let d = exchanges[x].downstream
        guard transport.now < desk.webhooks.deliveries[slot].patienceEnds else {
            desk.webhooks.deliveries[slot].phase = .waiting
            exchanges[x].record.outcome = .conflict
            exchanges[x].record.reason = "webhook_in_flight"
            settle(
                x, with: .problem(.conflict, problemFormat(of: x), retryAfter: Self.retryAfter))
            return .awaited
        }
        let pause = desk.webhooks.deliveries[slot].wait()
        watchDownstream(d)
        if downstreams.isOccupied(d) { arm(d, after: pause) }
        return .awaited
    }

    /// Seconds after which a provider may send a duplicate again.
    private static var retryAfter: UInt32 { 10 }

    /// Looks whether the other request has ended.
    mutating func claimAgain(_ x: UInt32) {
        let slot = exchanges[x].admission.delivery
        let life = plan.route(exchanges[x].plan.verdict.route).webhook?.claimLength ?? 0
        desk.webhooks.deliveries[slot].claim.end =
            transport.now.advanced(byNanoseconds: life).nanoseconds / 1000
        // What it waits for is the other request. To ask about that time and again would use up
        // what it may wait for Redis, and it would be decided upon without.
        exchanges[x].admission.storeLeft = plan.storeTimeout
        goOn(claim(x), x)
    }

    /// Whether an exchange waits for another that delivers the same event.
    @inline(__always) func isAwaitingOther(_ x: UInt32) -> Bool {
        let slot = exchanges[x].admission.delivery
        return slot != .max && desk.webhooks.deliveries[slot].isWaiting
    }

    private mutating func endReplayed(_ x: UInt32) -> StageRuling {
        noteReplayed(x, isLetPass: false)
        dropDelivery(x)
        exchanges[x].record.outcome = .answered
        exchanges[x].record.reason = "webhook_replayed"
        settle(x, with: .replayed)
        return .awaited
    }

    /// Has a delivery come again later, as nobody can say whether its event was accepted before.
    private mutating func endUnclaimed(_ x: UInt32) -> StageRuling {
        exchanges[x].record.outcome = .overloaded
        exchanges[x].record.reason = "webhook_unclaimed"
        settle(x, with: .problem(.overloaded, problemFormat(of: x), retryAfter: Self.retryAfter))
        return .awaited
    }

    private mutating func noteReplayed(_ x: UInt32, isLetPass: Bool) {
        let webhook = desk.webhooks.deliveries[exchanges[x].admission.delivery].claim.webhook
        sight.noteWebhookReplayed(
            webhook, desk.webhooks.verifiers[webhook].settings.name, exchanges[x].journal,
            isLetPass: isLetPass)
    }

    // MARK: Ends

    /// The app has answered: the event is done if it said so, and free for a next try if not.
    mutating func settleDelivery(_ x: UInt32, status: UInt16) {
        guard 200..<300 ~= status else { return endDelivery(x) }
        let claim = desk.webhooks.deliveries[exchanges[x].admission.delivery].claim
        let seconds = keptSeconds(claim.webhook)
        let now = transport.now.nanoseconds / 1000
        plan.commons.replays.table.commit(
            claim.key, until: now &+ UInt64(clamping: seconds) &* 1_000_000, at: now)
        if !isShadow(claim.webhook) { commitInStore(claim, seconds: seconds) }
        if claim.text.isDigest { noteProviderID(of: x, claim) }
        dropDelivery(x)
    }

    /// Notes by which id its provider shows an event that is known by a digest.
    private mutating func noteProviderID(of x: UInt32, _ claim: ReplayClaim) {
        let journal = exchanges[x].journal.take()
        let range = journal.webhookID
        if !range.isEmpty {
            let id = journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                ReplayID(event: bytes.extracting(range.indices), digester: &desk.webhooks.digester)
            }
            let tag = plan.commons.replays.key(
                of: id, webhook: claim.webhook, material: &desk.replays.key)
            plan.commons.replays.notes.note(claim.text, as: tag)
        }
        exchanges[x].journal = journal
    }

    /// Ends what an exchange has of its event, which the app has not answered.
    mutating func endDelivery(_ x: UInt32) {
        let delivery = desk.webhooks.deliveries[exchanges[x].admission.delivery]
        if !delivery.isWaiting {
            plan.commons.replays.table.release(
                delivery.claim.key, delivery.claim.ticket, at: transport.now.nanoseconds / 1000)
            if !isShadow(delivery.claim.webhook) { releaseInStore(x, delivery.claim) }
        }
        dropDelivery(x)
    }

    private mutating func dropDelivery(_ x: UInt32) {
        _ = desk.webhooks.deliveries.remove(exchanges[x].admission.delivery)
        exchanges[x].admission.delivery = .max
    }
}
