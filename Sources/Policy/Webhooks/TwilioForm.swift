import Bytes
import Crypto
import HTTP

/// What Twilio signs behind the URL.
///
/// Of a form, names and values decoded, one behind the other, sorted by name and then by value, a
/// value that comes twice once. Of any other body nothing: the URL's query has its SHA-256 then. So
/// both are read as Twilio's own libraries do it, and where these would let an unsigned body pass
/// it is refused.
enum TwilioForm {
    /// A name and a value, both in ``WebhookScratch/form``.
    struct Parameter {
        var name: ByteRange
        var value: ByteRange
    }

    /// More than any message has; sorting takes longer the more there are.
    static let parametersMax = 1024

    /// Puts together what is signed of a body.
    ///
    /// - Parameter text: Appended to; has room for the body.
    static func compose(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        body: borrowing Span<UInt8>, scratch: inout WebhookScratch, to text: inout Buffer
    ) throws(WebhookRefusal) -> ByteRange {
        scratch.parameters.removeAll(keepingCapacity: true)
        var form = scratch.form.take()
        defer { scratch.form = form.take() }
        if isForm(head, in: bytes), !body.isEmpty {
            if form.capacity < body.count { form = Buffer(capacity: body.count) }
            form.removeAll()
            try read(body, &scratch.parameters, to: &form)
        }
        let start = text.count
        guard scratch.parameters.isEmpty else {
            form.withReadable { (form: borrowing Span<UInt8>) in
                sort(&scratch.parameters, in: form)
                append(scratch.parameters, in: form, to: &text)
            }
            return ByteRange(start, text.count)
        }
        try checkDigest(of: body, head, in: bytes, &scratch.digester)
        return ByteRange(start, start)
    }

    private static let name = Array("bodySHA256".utf8)

    /// Whether a body that is no form is the one whose digest the URL has.
    private static func checkDigest(
        of body: borrowing Span<UInt8>, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>, _ digester: inout Digester
    ) throws(WebhookRefusal) {
        guard let value = FormText.value(of: name, in: bytes, head.query.withoutFirst) else {
            if body.isEmpty { return }
            throw .bodyUnsigned
        }
        var expected = Buffer(capacity: 32)
        guard SignatureText.append(value, of: bytes, .hex, to: &expected) else {
            throw .bodyDigestWrong
        }
        let digest = digester.digest(of: body, .sha256)
        guard expected.withReadable({ digest.isEqual(to: $0) }) else { throw .bodyDigestWrong }
    }

    private static let media = Array("application/x-www-form-urlencoded".utf8)

    private static func isForm(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Bool {
        guard let value = (try? BodyRules.contentType(of: head)) ?? nil,
            let type = MediaType(bytes, value)
        else { return false }
        return bytes.holdsFolded(media.span, at: type.name)
    }

    /// Decodes all parameters; empty pieces between `&` are none.
    private static func read(
        _ body: borrowing Span<UInt8>, _ parameters: inout [Parameter], to form: inout Buffer
    ) throws(WebhookRefusal) {
        var place = 0
        while place < body.count {
            let end = body.first(0x26, in: ByteRange(place, body.count))
            if end > place {
                guard parameters.count < parametersMax else { throw .bodyUnreadable }
                let equals = body.first(0x3d, in: ByteRange(place, end))
                let start = form.count
                guard FormText.append(ByteRange(place, equals), of: body, to: &form) else {
                    throw .bodyUnreadable
                }
                let middle = form.count
                let value = ByteRange(min(equals &+ 1, end), end)
                guard FormText.append(value, of: body, to: &form) else { throw .bodyUnreadable }
                parameters.append(
                    Parameter(
                        name: ByteRange(start, middle), value: ByteRange(middle, form.count)))
            }
            place = end &+ 1
        }
    }

    private static func append(
        _ parameters: [Parameter], in form: borrowing Span<UInt8>, to text: inout Buffer
    ) {
        var last: Parameter?
        for parameter in parameters {
            if let last, order(last, parameter, in: form) == 0 { continue }
            last = parameter
            text.append(form, parameter.name)
            text.append(form, parameter.value)
        }
    }
}

// MARK: - Order

extension TwilioForm {
    /// Sorts in place, without allocating, in a time that no input makes worse (heapsort).
    private static func sort(_ list: inout [Parameter], in form: borrowing Span<UInt8>) {
        var start = list.count / 2
        while start > 0 {
            start -= 1
            sink(&list, start, list.count, in: form)
        }
        var end = list.count
        while end > 1 {
            end -= 1
            list.swapAt(0, end)
            sink(&list, 0, end, in: form)
        }
    }

    private static func sink(
        _ list: inout [Parameter], _ start: Int, _ end: Int, in form: borrowing Span<UInt8>
    ) {
        var parent = start
        while parent * 2 + 1 < end {
            var child = parent * 2 + 1
            if child + 1 < end, order(list[child], list[child + 1], in: form) < 0 { child += 1 }
            guard order(list[parent], list[child], in: form) < 0 else { return }
            list.swapAt(parent, child)
            parent = child
        }
    }

    /// Below 0 if the first stands before the second, 0 if they are the same.
    private static func order(
        _ left: Parameter, _ right: Parameter, in form: borrowing Span<UInt8>
    ) -> Int {
        let names = order(left.name, right.name, in: form)
        return names != 0 ? names : order(left.value, right.value, in: form)
    }

    /// By bytes, which is by characters, eight at a time.
    private static func order(
        _ left: ByteRange, _ right: ByteRange, in form: borrowing Span<UInt8>
    ) -> Int {
        let count = min(left.count, right.count)
        var offset = 0
        while offset < count {
            let rest = count &- offset
            let ours = Word.start(of: form.word(at: left.start &+ offset), rest).byteSwapped
            let theirs = Word.start(of: form.word(at: right.start &+ offset), rest).byteSwapped
            if ours != theirs { return ours < theirs ? -1 : 1 }
            offset &+= 8
        }
        return left.count &- right.count
    }
}
