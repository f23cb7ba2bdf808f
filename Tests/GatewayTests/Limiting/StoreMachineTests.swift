import Linux
import Telemetry
import Testing

@testable import Gateway

/// Transcripts of the two small machines behind the store's client.
struct StoreMachineTests {
    private typealias Link = StoreLinkMachine

    @Test func `a connection greets, is ready, and ends`() {
        var link = Link(greeting: [.auth, .select, .name, .role])
        #expect(link.on(.connected) == .greet)
        for step in [Link.Greeting.auth, .select, .name] {
            #expect(link.greeting.next == step)
            #expect(link.on(.answered(.fine)) == .wait)
        }
        #expect(link.phase == .greeting && link.greeting.next == .role)
        #expect(link.on(.answered(.fine)) == .begin)
        #expect(link.phase == .ready)
        #expect(link.on(.timedOut) == .wait)
        #expect(link.on(.ended) == .close(.lost))
        #expect(link.phase == .closed)
        #expect(link.on(.ended) == .wait)
    }

    @Test func `without a greeting a connection is ready at once`() {
        var link = Link(greeting: [])
        #expect(link.on(.connected) == .begin)
        #expect(link.phase == .ready)
    }

    @Test func `a connection that is not made tells why`() {
        var link = Link(greeting: .name)
        #expect(link.on(.connectFailed(.refused)) == .close(.refused))
        link = Link(greeting: .name)
        #expect(link.on(.timedOut) == .close(.connectTimeout))
        link = Link(greeting: .name)
        #expect(link.on(.ended) == .close(.lost))
        link = Link(greeting: .name)
        #expect(link.on(.answered(.fine)) == .close(.garbled))
    }

    @Test func `a refused step ends it, but for the name`() {
        for step in [Link.Greeting.auth, .select, .role] {
            var link = Link(greeting: [step, .name])
            _ = link.on(.connected)
            if step.rawValue > Link.Greeting.name.rawValue {
                #expect(link.on(.answered(.fine)) == .wait)
            }
            #expect(link.on(.answered(.refused(.wrongPassword))) == .close(.wrongPassword))
        }
        var link = Link(greeting: .name)
        _ = link.on(.connected)
        #expect(link.on(.answered(.refused(.noPermission))) == .begin)
        for trouble in [StoreTrouble.authRequired, .tooManyClients] {
            link = Link(greeting: .name)
            _ = link.on(.connected)
            #expect(link.on(.answered(.refused(trouble))) == .close(trouble))
        }
    }

    @Test func `a greeting that is not answered in time, or not readable, ends it`() {
        for (event, trouble) in [
            (Link.Event.timedOut, StoreTrouble.connectTimeout), (.ended, .lost),
            (.garbled, .garbled),
        ] {
            var link = Link(greeting: .name)
            _ = link.on(.connected)
            #expect(link.on(event) == .close(trouble))
        }
    }

    private func instant(_ milliseconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func `a doubted node is tried at once, then after longer and longer pauses`() {
        var standing = StoreStanding(timeout: 5_000_000)
        #expect(standing.isTrusted)
        var isNew = standing.doubt(at: instant(100), mustWrite: false)
        #expect(isNew)
        #expect(standing.phase == .doubted(until: instant(100)))
        isNew = standing.doubt(at: instant(101), mustWrite: false)
        #expect(!isNew)
        var now: UInt64 = 100
        for pause: UInt64 in [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000] {
            standing.beginTrial(isProbe: false)
            #expect(standing.endTrial(succeeded: false, at: instant(now)) == false)
            now += pause
            #expect(standing.phase == .doubted(until: instant(now)))
        }
        standing.beginTrial(isProbe: true)
        isNew = standing.doubt(at: instant(now), mustWrite: false)
        #expect(!isNew)
        #expect(standing.endTrial(succeeded: true, at: instant(now)) == true)
        #expect(standing.isTrusted)
        #expect(standing.endTrial(succeeded: true, at: instant(now)) == nil)
        isNew = standing.doubt(at: instant(now), mustWrite: false)
        #expect(isNew)
        standing.beginTrial(isProbe: false)
        _ = standing.endTrial(succeeded: false, at: instant(now))
        #expect(standing.phase == .doubted(until: instant(now + 5)))
    }

    @Test func `who refused a write must take one`() {
        var standing = StoreStanding(timeout: 5_000_000)
        _ = standing.doubt(at: instant(1), mustWrite: false)
        #expect(!standing.mustWrite)
        _ = standing.doubt(at: instant(1), mustWrite: true)
        #expect(standing.mustWrite)
        standing.beginTrial(isProbe: false)
        _ = standing.endTrial(succeeded: false, at: instant(2))
        #expect(standing.mustWrite)
        standing.beginTrial(isProbe: false)
        _ = standing.endTrial(succeeded: true, at: instant(3))
        #expect(!standing.mustWrite)
    }
}
