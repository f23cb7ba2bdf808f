import Bytes
import Linux
import Policy
import Telemetry

/// Sees to it that the app gets each event until it has answered it 2xx, and never after.
extension Worker where Kernel: ~Copyable {
    /// Claims the event that was verified last.
    mutating func beginDelivery(_ x: UInt32, _ replay: ReplaySettings) -> StageRuling {
        let webhook = plan.route(exchanges[x].plan.verdict.route).webhook?.index ?? 0
        let id = desk.webhooks.scratch.replay
        let delivery = Delivery(
            of: webhook, plan.commons.replays.key(of: id, webhook: webhook), id,
            ticket: desk.random.next(),
            patienceEnds: transport.now.advanced(by: replay.duplicateWait))
        guard let index = desk.webhooks.deliveries.insert(delivery) else {
            preconditionFailure("an exchange delivers one event at most")
        }
        exchanges[x].admission.delivery = index.slot
        return claim(x)
    }

    /// Claims the event of an exchange here, then in Redis.
    private mutating func claim(_ x: UInt32) -> StageRuling {
        let slot = exchanges[x].admission.delivery
        let delivery = desk.webhooks.deliveries[slot]
        let isShadow = plan.snapshot.webhooks[delivery.webhook].mode == .shadow
        let until = transport.now.advanced(byNanoseconds: claimLength(x))
        switch plan.commons.replays.claim(
            delivery.key, ticket: delivery.ticket, until: until, at: transport.now)
        {
        case .replayed where isShadow:
            noteReplayed(x, isLetPass: true)
            dropDelivery(x)
            return .admitted
        case .inFlight where isShadow:
            dropDelivery(x)
            return admitted(x, delivery)
        case .replayed:
            endReplayed(x)
            return .awaited
        case .inFlight: return awaitOther(x)
        case .claimed: break
        }
        desk.webhooks.deliveries[slot].phase = .claimed
        guard !isShadow, claimInStore(x, delivery, nanoseconds: claimLength(x)) else {
            return admitted(x, delivery)
        }
        desk.webhooks.deliveries[slot].phase = .claiming
        return .awaited
    }

    private mutating func admitted(_ x: UInt32, _ delivery: Delivery) -> StageRuling {
        sight.metrics.webhookJudged(delivery.webhook, .verified)
        return .admitted
    }

    /// Takes Redis' answer to a claim; without one the event is this process's alone.
    mutating func deliveryAnswered(_ index: SlabIndex, _ answer: StoreReplayAnswer?) {
        guard exchanges.contains(index), exchanges[index.slot].admission.delivery != .max
        else { return }
        let x = index.slot
        let slot = exchanges[x].admission.delivery
        guard case .claiming = desk.webhooks.deliveries[slot].phase else { return }
        exchanges[x].admission.endWait(at: transport.now)
        let delivery = desk.webhooks.deliveries[slot]
        switch answer {
        case .done?, nil:
            desk.webhooks.deliveries[slot].phase = .claimed
            sight.metrics.webhookJudged(delivery.webhook, .verified)
            goOnDelivering(x)
        case .committed?:
            plan.commons.replays.commit(
                delivery.key, ticket: delivery.ticket, until: keptUntil(delivery), at: transport.now)
            endReplayed(x)
        case .held?:
            plan.commons.replays.release(delivery.key, ticket: delivery.ticket)
            _ = awaitOther(x)
        }
    }

    private mutating func goOnDelivering(_ x: UInt32) {
        leave(x)
        passLimits(x)
    }

    // MARK: Duplicates

    /// Waits for the request that delivers the same event, or gives up.
    private mutating func awaitOther(_ x: UInt32) -> StageRuling {
        let slot = exchanges[x].admission.delivery
        let d = exchanges[x].downstream
        guard transport.now < desk.webhooks.deliveries[slot].patienceEnds else {
            exchanges[x].record.outcome = .conflict
            exchanges[x].record.reason = "webhook_in_flight"
            dropDelivery(x)
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
        desk.webhooks.deliveries[exchanges[x].admission.delivery].phase = .claiming
        guard case .admitted = claim(x) else { return }
        goOnDelivering(x)
    }

    /// Whether an exchange waits for another that delivers the same event.
    func isAwaitingOther(_ x: UInt32) -> Bool {
        let slot = exchanges[x].admission.delivery
        return slot != .max && desk.webhooks.deliveries[slot].isWaiting
    }

    private mutating func endReplayed(_ x: UInt32) {
        noteReplayed(x, isLetPass: false)
        dropDelivery(x)
        exchanges[x].record.outcome = .answered
        exchanges[x].record.reason = "webhook_replayed"
        settle(x, with: .replayed)
    }

    private mutating func noteReplayed(_ x: UInt32, isLetPass: Bool) {
        let delivery = desk.webhooks.deliveries[exchanges[x].admission.delivery]
        let name = plan.snapshot.webhooks[delivery.webhook].name
        sight.noteWebhookReplayed(
            delivery.webhook, name, exchanges[x].journal, isLetPass: isLetPass)
    }

    // MARK: Ends

    /// The app has answered: the event is done if it said so, and free for a next try if not.
    mutating func settleDelivery(_ x: UInt32, status: UInt16) {
        let delivery = desk.webhooks.deliveries[exchanges[x].admission.delivery]
        guard 200..<300 ~= status else { return endDelivery(x) }
        plan.commons.replays.commit(
            delivery.key, ticket: delivery.ticket, until: keptUntil(delivery), at: transport.now)
        commitInStore(delivery)
        dropDelivery(x)
    }

    /// Ends what an exchange has of its event, which the app has not answered.
    mutating func endDelivery(_ x: UInt32) {
        let delivery = desk.webhooks.deliveries[exchanges[x].admission.delivery]
        if !delivery.isWaiting {
            plan.commons.replays.release(delivery.key, ticket: delivery.ticket)
            releaseInStore(delivery)
        }
        dropDelivery(x)
    }

    private mutating func dropDelivery(_ x: UInt32) {
        _ = desk.webhooks.deliveries.remove(exchanges[x].admission.delivery)
        exchanges[x].admission.delivery = .max
    }
}
