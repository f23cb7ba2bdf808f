import Bytes
import Config
import HTTP
import Policy

/// What an operator gets.
struct AdminResponse: Sendable {
    let status: UInt16
    /// `nil` without a body.
    let contentType: StaticString?
    let body: [UInt8]
    /// What else its head says.
    var fields: [(name: StaticString, value: String)] = []
    private var security = AdminResponse.ofAPI

    init(_ status: UInt16, _ contentType: StaticString?, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// 204.
    static let done = AdminResponse(204, nil, [])

    static func json(_ value: JSONTree, status: UInt16 = 200) -> AdminResponse {
        AdminResponse(status, "application/json", Array((value.compact + "\n").utf8))
    }

    /// The page for operators, the one answer that may run something in a browser.
    static func page(_ page: OperatorPage) -> AdminResponse {
        var response = AdminResponse(200, "text/html; charset=utf-8", page.document)
        response.security = page.security
        return response
    }

    /// A problem as the gateway's own errors are told (RFC 9457).
    ///
    /// - Parameters:
    ///   - detail: In place of the code's sentence.
    ///   - retryAfter: Seconds.
    static func problem(
        _ code: ProblemCode, _ detail: String? = nil, retryAfter: UInt32? = nil, id: RequestID?
    ) -> AdminResponse {
        let message = Array((detail ?? "").utf8)
        var text = Buffer(capacity: 2 * ProblemBody.bytesMax + 6 * message.count)
        var name = Buffer(capacity: RequestID.textBytes)
        id?.append(to: &name)
        name.withReadable { (name: borrowing Span<UInt8>) in
            ProblemBody(code, .json, retryAfter: retryAfter).append(
                to: &text, requestID: name, violated: Buffer(), message: message)
        }
        var response = AdminResponse(code.status, ProblemFormat.json.contentType, text.copy())
        if let retryAfter { response.fields.append(("Retry-After", "\(retryAfter)")) }
        return response
    }

    /// The whole message; without its body if HEAD asked for it.
    ///
    /// Security headers as the `api` preset has them, but for the page.
    func message(date: Int64, id: RequestID?, isHead: Bool) -> Buffer {
        var output = head(date: date, id: id, isStream: false)
        if status != 204 {
            output.append("Content-Length: ")
            output.append(decimal: UInt64(body.count))
            output.append("\r\n")
        }
        output.append("\r\n")
        if !isHead { output.append(body) }
        return output
    }

    /// The head of a message that ends with its connection.
    func streamHead(date: Int64, id: RequestID?) -> Buffer {
        var output = head(date: date, id: id, isStream: true)
        output.append("\r\n")
        return output
    }

    private func head(date: Int64, id: RequestID?, isStream: Bool) -> Buffer {
        var output = Buffer(capacity: 8192 + (isStream ? 0 : body.count))
        output.appendStatusLine(status)
        output.append("Date: ")
        HTTPDate.append(secondsSinceEpoch: date, to: &output)
        output.append("\r\n")
        if let contentType {
            output.append("Content-Type: ")
            output.append(contentType)
            output.append("\r\n")
        }
        if let id {
            output.append("X-Request-ID: ")
            id.append(to: &output)
            output.append("\r\n")
        }
        for field in fields {
            output.append(field.name)
            output.append(": ")
            output.append(Array(field.value.utf8))
            output.append("\r\n")
        }
        output.append("Connection: close\r\n")
        security.appendAll(to: &output, isSecure: false)
        return output
    }

    private static let ofAPI = SecurityHeaders(.api)
}
