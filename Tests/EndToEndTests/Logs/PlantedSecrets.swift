import Dice
import Foundation

/// Requests of clients who mean no good, or know no better: each holds a secret in one of fifty
/// places where a log could show it.
struct PlantedSecrets {
    /// Begins every secret, and is part of nothing else.
    static let mark = "zQ7xSECRETk"

    /// A request, and whether the connection goes on after its answer.
    struct Planted {
        let text: [UInt8]
        let endsConnection: Bool
    }

    private var dice: Dice

    init(seed: UInt64) { dice = Dice(seed: seed) }

    static let kindCount = queries.count + paths.count + fields.count + malformed.count

    /// The next request of a kind, with noise around the secret.
    mutating func next(_ kind: Int) -> Planted {
        let secret = "\(Self.mark)\(dice.next() % 1_000_000)"
        let noise = String(dice.next() % 1_000_000, radix: 36)
        func filled(_ text: String) -> String {
            text.replacing("SECRET", with: secret).replacing("NOISE", with: noise)
        }
        var place = kind
        if place < Self.queries.count {
            return planted("GET /app?n=NOISE&\(Self.queries[place])&z=NOISE", "", filled)
        }
        place -= Self.queries.count
        if place < Self.paths.count { return planted("GET \(Self.paths[place])", "", filled) }
        place -= Self.paths.count
        if place < Self.fields.count {
            let (target, field) = Self.fields[place]
            return planted(target, "\(field)\r\n", filled)
        }
        place -= Self.fields.count
        let text = Array(filled(Self.malformed[place]).utf8)
        return Planted(text: text.map { $0 == 0x01 ? 0xFF : $0 }, endsConnection: true)
    }

    private func planted(
        _ start: String, _ fields: String, _ filled: (String) -> String
    ) -> Planted {
        // A byte that is no UTF-8 in every line, a quote and an escape: 0x01 stands for the former.
        let text = filled(
            "\(start) HTTP/1.1\r\nHost: a.example\r\nX-Noise: NOISE\r\n"
                + (fields.contains("User-Agent") ? "" : "User-Agent: \u{1}\"\\NOISE\r\n")
                + "\(fields)\r\n")
        return Planted(text: Array(text.utf8).map { $0 == 0x01 ? 0xFF : $0 }, endsConnection: false)
    }

    private static let queries = [
        "token=SECRET", "access_token=SECRET", "accessToken=SECRET", "api_key=SECRET",
        "apiKey=SECRET", "API-KEY=SECRET", "client_secret=SECRET", "password=SECRET",
        "newPassword=SECRET", "pwd=SECRET", "X-Amz-Signature=SECRET",
        "X-Amz-Credential=SECRET%2F2026", "X-Amz-Security-Token=SECRET", "sig=SECRET",
        "code=SECRET", "session_id=SECRET", "PHPSESSID=SECRET", "connect.sid=SECRET", "jwt=SECRET",
        "%74oken=SECRET", "user%5Bpassword%5D=SECRET", "customer_id=SECRET", "customerId=SECRET",
        "next=https%3A%2F%2Fb.example%2F%3Ftoken%3DSECRET",
        "next=https%253A%252F%252Fb.example%252F%253Ftoken%253DSECRET",
        "url=https://user:SECRET@b.example/", "url=https%3A%2F%2Fuser%3ASECRET%40b.example",
        "f=%7B%22password%22%3A%22SECRET%22%7D", "a=b=c;secret=SECRET",
    ]

    private static let paths = [
        "/app;jsessionid=SECRET/x", "/app/https://user:SECRET@b.example/",
        "/app%3Btoken%3DSECRET", "http://a.example/app?signature=SECRET",
    ]

    /// Request lines without version, and a field.
    private static let fields = [
        ("GET /app", "Referer: https://b.example/cb?code=SECRET&state=1"),
        ("GET /app", "Referer: https://user:SECRET@b.example/"),
        ("GET /app", "Referer: https://b.example/cb#access_token=SECRET"),
        ("GET /app", "Referer: /x?u=https%3A%2F%2Fa%3ASECRET%40b"),
        ("GET /app", "User-Agent: bot (+https://b.example/?api_key=SECRET)"),
        ("GET /app", "User-Agent: bot https://user:SECRET@b.example/"),
        ("GET /keys", "X-API-Key: SECRET"), ("GET /keys", "Authorization: Bearer SECRET"),
        ("GET /bearer", "Authorization: Bearer SECRET"),
        ("GET /token", "Authorization: Bearer a.SECRET.b"), ("GET /app", "Cookie: session=SECRET"),
        ("GET /app", "Proxy-Authorization: Basic SECRET"),
        ("GET /cors", "Origin: https://user:SECRET@b.example"),
        ("GET /limited", "X-Limited: SECRET"), ("GET /app", "X-Request-ID: SECRET"),
        ("POST /hook?token=SECRET", "Stripe-Signature: t=1,v1=SECRET\r\nContent-Length: 0"),
        ("POST /dead", "Content-Length: 21\r\nX-Api-Key: SECRET\r\nExpect: SECRET"),
    ]

    /// Whole requests that are refused before they are understood.
    private static let malformed = [
        "GET /app?token=SECRET HTTP/1.1\r\nHost: a.example\r\nAuthorization : SECRET\r\n\r\n",
        "GET /app HTTP/1.1\r\nHost: user:SECRET@a.example\r\n\r\n",
        "GET /\u{1}?token=SECRET HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://user:SECRET@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "POST /app HTTP/1.1\r\nHost: a\r\nCookie: sid=SECRET\r\nContent-Length: 1\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n",
        "SECRET\r\n\r\n",
    ]
}
