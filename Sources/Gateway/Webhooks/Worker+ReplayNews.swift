import Bytes
import Linux
import Policy
import Redis
import Telemetry

/// Hearing from other gateways, by way of Redis, which events their apps have accepted: so that
/// each knows them by itself should Redis go away.
///
/// One loop of the process listens, on a connection of its own. Whatever becomes of it, nothing
/// waits for it and the breaker does not hear of it.
extension Worker where Kernel: ~Copyable {
    /// Nanoseconds after which a silent connection is asked for a sign, and once more after which
    /// it is given up without one.
    private static var silenceMax: UInt64 { 10_000_000_000 }
    /// Nanoseconds until a connection that was lost is made anew.
    private static var pause: UInt64 { 1_000_000_000 }
    /// The same where the server does not allow it.
    private static var longPause: UInt64 { 60_000_000_000 }

    /// Makes the connection if it is missing, and looks whether it lives.
    mutating func tendListening(_ plan: StorePlan) {
        guard store.listening.isWanted else { return }
        guard store.listening.link != .max else { return beginListening(plan) }
        let isKnown = store.nodes.contains {
            $0.isCurrent && $0.address == store.listening.address
        }
        guard isKnown else { return stopListening(.moved) }
        guard store.links[store.listening.link].machine.phase == .ready else { return }
        guard store.listening.due <= transport.now else {
            return store.wake(at: store.listening.due)
        }
        guard !store.listening.isPinged else { return stopListening(.timeout) }
        let l = store.listening.link
        store.listening.isPinged = true
        awaitSign()
        store.links[l].wire.openOutput(BufferPool.smallBytes, from: &pool)
        store.links[l].wire.output.appendPing()
        store.touch(l)
    }

    private mutating func beginListening(_ plan: StorePlan) {
        guard store.listening.due <= transport.now else {
            return store.wake(at: store.listening.due)
        }
        // Behind the connections for calls, which tell whether anybody is there; a cluster has each
        // of its nodes tell what any of them was told.
        guard case .admitting = plan.breaker.state,
            let node = store.nodes.indices.first(where: {
                store.nodes[$0].isAskable && store.readyLink($0) != nil
            }), let address = store.nodes[node].address
        else { return store.wake(at: transport.now.advanced(byNanoseconds: Self.pause)) }
        switch connectStore(to: address, for: .listening, plan) {
        case .success(let link):
            store.listening.link = link
            store.listening.address = address
        case .failure(let trouble):
            noteStoreTrouble(trouble)
            pauseListening(Self.pause)
        }
    }

    /// Subscribes, on a connection that has just become ready.
    mutating func subscribe(on l: UInt32) {
        store.links[l].wire.openOutput(BufferPool.smallBytes, from: &pool)
        let pattern = plan.commons.replays.channelPattern
        store.links[l].wire.output.appendSubscription(to: pattern.span)
        store.listening.isPinged = false
        awaitSign()
    }

    private mutating func awaitSign() {
        store.listening.due = transport.now.advanced(byNanoseconds: Self.silenceMax)
        store.wake(at: store.listening.due)
    }

    /// Takes what the server says.
    mutating func hear(on l: UInt32, _ plan: StorePlan) {
        guard let news = ReplayNews(store.links[l].reader.tape) else {
            return perform(store.links[l].machine.on(.garbled), onStoreLink: l, plan)
        }
        switch news {
        case .fine: break
        case .event(let key, let milliseconds):
            note(milliseconds, of: store.links[l].reader.tape.text, key)
        case .refused(let error):
            stopListening(StoreTrouble(error))
            return pauseListening(Self.longPause)
        }
        store.listening.isPinged = false
        store.listening.due = transport.now.advanced(byNanoseconds: Self.silenceMax)
    }

    /// Notes what became of an event elsewhere, or here: a gateway hears its own news as well.
    private mutating func note(_ milliseconds: UInt64, of text: [UInt8], _ key: ByteRange) {
        let replays = plan.commons.replays
        guard let event = replays.event(ofStoreKey: text.span.extracting(key.indices)) else {
            return
        }
        let tag = replays.key(of: event.text, webhook: event.webhook, material: &desk.replays.key)
        let now = transport.now.nanoseconds / 1000
        guard milliseconds > 0 else {
            _ = replays.table.forget(tag, at: now)
            return
        }
        let kept = UInt64(clamping: desk.webhooks.terms[event.webhook].secondsKept) &* 1000
        replays.table.commit(tag, until: now &+ min(milliseconds, kept) &* 1000, at: now)
    }

    /// Gives the connection up, to be made anew in a while.
    mutating func stopListening(_ trouble: StoreTrouble) {
        let l = store.listening.link
        guard l != .max else { return }
        store.listening.link = .max
        noteStoreTrouble(trouble)
        dropStoreLink(l, trouble)
        pauseListening(Self.pause)
    }

    private mutating func pauseListening(_ length: UInt64) {
        store.listening.due = transport.now.advanced(byNanoseconds: length)
        store.wake(at: store.listening.due)
    }
}

/// The connection on which a loop hears what other gateways publish.
struct StoreListening {
    /// Whether it is this loop that does.
    let isWanted: Bool
    /// `.max` for none.
    var link: UInt32 = .max
    /// Whom it leads to.
    var address: SocketAddress?
    /// When it is made, or asked for a sign of life, or given up.
    var due = MonotonicInstant(nanoseconds: 0)
    /// Whether a sign of life is awaited.
    var isPinged = false

    init(isWanted: Bool) { self.isWanted = isWanted }
}
