import Bytes
import Config
import Crypto
import HTTP
import Linux
import Policy
import Reactor

/// What operators change while the process serves.
extension AdminDesk {
    // MARK: Maintenance

    /// Puts one route, or all, into maintenance or out of it; for all loops from the next request
    /// on.
    func setMaintenance(_ request: AdminRequest) -> AdminResponse {
        let endpoint = AdminEndpoint.maintenance
        let route: String?
        switch request.parameter("route") {
        case .absent: route = nil
        case .given(let name): route = name
        case .unreadable:
            note(endpoint, request, "bad_request")
            return .problem(
                .badRequest, "route stands once in the query, with a name.", id: request.id)
        }
        if let route, !crew.standing.routes.contains(where: { $0.name == route }) {
            note(endpoint, request, "unknown_route")
            return .problem(.notFound, "There is no route of this name.", id: request.id)
        }
        switch request.method {
        case .put: return beginMaintenance(of: route, request)
        default:
            set(.off, route)
            note(endpoint, request, "done", target: route ?? "")
            return .done
        }
    }

    private func beginMaintenance(of route: String?, _ request: AdminRequest) -> AdminResponse {
        let isJSON = request.values(of: "content-type").allSatisfy { type in
            type.lowercased().prefix { $0 != ";" && $0 != " " } == "application/json"
        }
        guard request.body.isEmpty || isJSON else {
            note(.maintenance, request, "bad_request")
            return .problem(.unsupportedMediaType, id: request.id)
        }
        do throws(MaintenanceOrder.Objection) {
            let notice = MaintenanceNotice(try MaintenanceOrder.settings(request.body))
            set(.on(notice), route)
            note(.maintenance, request, "done", target: route ?? "")
            return .json(
                .object([
                    ("route", route.map { .text($0) } ?? .null), ("maintenance", notice.json),
                ]))
        } catch {
            note(.maintenance, request, "bad_request", target: route ?? "")
            return .problem(.badRequest, error.detail, id: request.id)
        }
    }

    private func set(_ word: MaintenanceBoard.Switch, _ route: String?) {
        let isConfigured = crew.standing.routes.contains { $0.gate.maintenance != nil }
        crew.standing.commons.operations.maintenance.set(
            word, route: route, isConfigured: isConfigured)
    }

    // MARK: Replays

    /// Has an event that was accepted be taken once more.
    func forget(_ id: String, of webhook: String, _ request: AdminRequest) async -> AdminResponse {
        let endpoint = AdminEndpoint.replay(webhook: webhook, id: id)
        guard let index = crew.standing.snapshot.webhooks.firstIndex(where: { $0.name == webhook })
        else {
            note(endpoint, request, "unknown_webhook")
            return .problem(.notFound, "There is no webhook of this name.", id: request.id)
        }
        let ruling = await forget(id, of: index)
        note(endpoint, request, Self.result(ruling), target: "\(webhook)/\(id)")
        switch ruling {
        case .forgotten: return .done
        case .unknown:
            return .problem(
                .notFound, "No event of this id is known to have been accepted.", id: request.id)
        case .inFlight:
            return .problem(
                .conflict, "A delivery of this event is on its way to the app.", id: request.id)
        case .storeAway:
            return .problem(
                .overloaded, "Redis cannot be asked; nothing was changed.", retryAfter: 5,
                id: request.id)
        }
    }

    private static func result(_ ruling: ForgetRuling) -> StaticString {
        switch ruling {
        case .forgotten: "done"
        case .unknown: "unknown_event"
        case .inFlight: "in_flight"
        case .storeAway: "redis_away"
        }
    }

    /// Redis first: should it be away, this process has to go on knowing what it knows.
    private func forget(_ id: String, of webhook: Int) async -> ForgetRuling {
        let replays = crew.standing.commons.replays
        var material = Buffer(capacity: Self.materialBytes)
        var digester = Digester()
        var text = ReplayID(event: Array(id.utf8).span, digester: &digester)
        let tag = replays.key(of: text, webhook: webhook, material: &material)
        if let digest = replays.notes.digest(of: tag) { text = digest }
        let key = replays.key(of: text, webhook: webhook, material: &material)
        let now = Clock.monotonic().nanoseconds / 1000
        if case .claimed = replays.table.standing(of: key, at: now) { return .inFlight }
        let ruling = await forgetInStore(ForgetOrder(webhook: webhook, text: text))
        switch ruling {
        case .inFlight, .storeAway: return ruling
        case .forgotten, .unknown:
            let wasKnown = replays.table.forget(key, at: Clock.monotonic().nanoseconds / 1000)
            return wasKnown ? .forgotten : ruling
        }
    }

    /// A webhook's name, a colon and an event's text.
    private static let materialBytes = 64 + 1 + ReplayID.bytesMax

    private func forgetInStore(_ order: ForgetOrder) async -> ForgetRuling {
        guard let store = crew.standing.commons.store, let mailbox = crew.mailboxes.first else {
            return .unknown
        }
        mailbox.post(.forget(order))
        // The loop answers within the time of one command, unless it has ended.
        let patience = Duration.nanoseconds(Int64(clamping: store.timeout)) + .seconds(1)
        loop.begin { [loop] in
            await loop.sleep(for: patience)
            order.resolve(.storeAway)
        }
        return await order.ruling()
    }
}
