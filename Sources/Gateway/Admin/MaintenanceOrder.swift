import Bytes
import Config
import Policy

/// What an operator says of maintenance, as JSON.
///
/// `{message, retry_after, allow}`, each of which may be left out, as may the whole.
enum MaintenanceOrder {
    /// What is wrong with it, as a sentence that repeats nothing of it.
    struct Objection: Error, Equatable { let detail: String }

    /// Reads the body of a request.
    static func settings(_ body: [UInt8]) throws(Objection) -> MaintenanceSettings {
        var order = Members()
        guard body.contains(where: { !isBlank($0) }) else { return MaintenanceSettings() }
        try read(body.span, into: &order)
        return MaintenanceSettings(
            message: order.message, retryAfter: order.retryAfter,
            allow: order.allow.map { ClientList(blocks: $0, holdsUnix: order.allowsUnix) })
    }

    private struct Members {
        var message: String?
        var retryAfter: UInt32?
        var allow: [AddressBlock]?
        var allowsUnix = false
        var seen: Set<String> = []
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }

    private static func read(
        _ bytes: borrowing Span<UInt8>, into order: inout Members
    ) throws(Objection) {
        let malformed = Objection(detail: "The body is no JSON.")
        guard
            let document = try? JSONReader.value(
                of: ByteRange(0, bytes.count), in: bytes, depthMax: 4)
        else { throw malformed }
        guard case .object(let object) = document else {
            throw Objection(detail: "The body is no JSON object.")
        }
        var members = JSONReader(inside: object)
        // What is in a document that was read can be read.
        while let member = (try? members.nextMember(in: bytes)) ?? nil {
            guard let name = text(member.name, bytes) else { throw malformed }
            guard order.seen.insert(name).inserted else {
                throw Objection(detail: "A member of the body stands there twice.")
            }
            switch name {
            case "message": order.message = try message(member.value, bytes)
            case "retry_after": order.retryAfter = try seconds(member.value)
            case "allow": try allow(member.value, bytes, into: &order)
            default:
                throw Objection(
                    detail: "The body has a member other than message, retry_after and allow.")
            }
        }
    }

    private static func message(
        _ value: JSONValue, _ bytes: borrowing Span<UInt8>
    ) throws(Objection) -> String {
        guard case .text(let found) = value, let message = text(found, bytes),
            MaintenanceSettings.isMessage(message)
        else {
            throw Objection(
                detail: "message is a text of 1 to \(MaintenanceSettings.messageBytesMax) bytes"
                    + " without control characters.")
        }
        return message
    }

    private static func seconds(_ value: JSONValue) throws(Objection) -> UInt32 {
        let most = MaintenanceSettings.retryAfterMax
        guard case .number(let number) = value, let seconds = number.exact,
            (1...Int64(most)).contains(seconds)
        else { throw Objection(detail: "retry_after is a whole number of seconds, 1 to \(most).") }
        return UInt32(seconds)
    }

    private static func allow(
        _ value: JSONValue, _ bytes: borrowing Span<UInt8>, into order: inout Members
    ) throws(Objection) {
        let objection = Objection(
            detail: "allow is a list of 1 to \(MaintenanceSettings.allowCountMax) addresses or"
                + " blocks such as 10.0.0.0/8, or unix.")
        guard case .array(let list) = value else { throw objection }
        var blocks: [AddressBlock] = []
        var count = 0
        var elements = JSONReader(inside: list)
        while let element = (try? elements.nextElement(in: bytes)) ?? nil {
            count += 1
            guard count <= MaintenanceSettings.allowCountMax, case .text(let found) = element,
                let name = text(found, bytes)
            else { throw objection }
            if name == "unix" {
                order.allowsUnix = true
            } else {
                guard let block = AddressBlock(name) else { throw objection }
                blocks.append(block)
            }
        }
        guard count > 0 else { throw objection }
        order.allow = blocks
    }

    private static func text(_ text: JSONText, _ bytes: borrowing Span<UInt8>) -> String? {
        // An escape stands for no more bytes than it has.
        var buffer = Buffer(capacity: max(1, text.range.count))
        text.append(to: &buffer, in: bytes)
        return buffer.hasOverflowed ? nil : String(validating: buffer.copy(), as: UTF8.self)
    }
}

extension MaintenanceNotice {
    /// As operators are told it.
    var json: JSONTree {
        var members: [(String, JSONTree)] = []
        if let message = settings.message { members.append(("message", .text(message))) }
        members.append(("retry_after", .integer(Int(settings.retryAfter))))
        if let allow = settings.allow {
            let blocks = allow.blocks.map { JSONTree.text($0.description) }
            members.append(("allow", .list(blocks + (allow.holdsUnix ? [.text("unix")] : []))))
        }
        return .object(members)
    }
}
