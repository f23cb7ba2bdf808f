/// Pages of four origins; all of them run all cases.
enum BrowserPage: String, CaseIterable {
    /// Listed as it stands.
    case app
    /// Of one of the names below a listed one.
    case below
    case foreign
    /// In a sandboxed frame: `Origin: null`.
    case null

    var host: String {
        switch self {
        case .app, .null: "app.pages.test"
        case .below: "a.sub.pages.test"
        case .foreign: "other.test"
        }
    }

    /// What a browser must not let it read, whatever is listed, is not in here.
    static let listed: Set<BrowserPage> = [.app, .below]
    static let all = Set(allCases)
}

/// One fetch, and what comes of it.
struct BrowserCase {
    /// What a script gets.
    enum Reading: Equatable {
        case status(Int, code: String? = nil)
        /// Something came that cannot be looked at.
        case opaque
    }

    let name: String
    let method: String
    let path: String
    /// What the gateway is called.
    var host = "api.pages.test"
    var fields: [String: String] = [:]
    var body: String?
    /// As `fetch` takes it.
    var credentials = "omit"
    var mode = "cors"
    /// What those pages get that get something; to the others it is an error.
    let reading: Reading
    let readers: Set<BrowserPage>
    /// What the app tells the readers that it was sent.
    var told: [String: String] = [:]
    /// Whether requests of the other pages reach the app, unread as the answers are.
    var reachesApp = true

    init(
        _ name: String, _ method: String, _ path: String, _ reading: Reading,
        to readers: Set<BrowserPage>, _ change: (inout BrowserCase) -> Void = { _ in }
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.reading = reading
        self.readers = readers
        change(&self)
    }

    static let table: [BrowserCase] = requests + credentials + preflights + errors + resources

    private static let requests: [BrowserCase] = [
        BrowserCase("a simple GET", "GET", "/app/get", .status(200), to: BrowserPage.listed),
        BrowserCase("a simple POST", "POST", "/app/post", .status(200), to: BrowserPage.listed) {
            $0.fields = ["Content-Type": "text/plain"]
            $0.body = "text"
            $0.told = ["body": "text"]
        },
        BrowserCase("a redirect", "GET", "/moved", .status(200), to: BrowserPage.listed),
        BrowserCase(
            "a GET that all may read", "GET", "/open/get", .status(200), to: BrowserPage.all),
        BrowserCase("a GET for null", "GET", "/null/get", .status(200), to: [.null]),
        BrowserCase(
            "a GET where origins are enforced", "GET", "/enforced/get", .status(200),
            to: BrowserPage.listed
        ) { $0.reachesApp = false },
        BrowserCase(
            "a POST where origins are enforced", "POST", "/enforced/post", .status(200),
            to: BrowserPage.listed
        ) { $0.reachesApp = false },
    ]

    private static let credentials: [BrowserCase] = [
        BrowserCase(
            "signing in", "POST", "/app/sign-in", .status(200), to: BrowserPage.listed
        ) { $0.credentials = "include" },
        BrowserCase(
            "a GET with credentials", "GET", "/app/mine", .status(200), to: BrowserPage.listed
        ) {
            $0.credentials = "include"
            $0.told = ["cookie": "session=of-app"]
        },
        BrowserCase(
            "a GET without credentials", "GET", "/app/mine", .status(200), to: BrowserPage.listed
        ) { $0.told = ["cookie": ""] },
        BrowserCase(
            "a GET with credentials that all may read without", "GET", "/open/get", .status(200),
            to: []
        ) { $0.credentials = "include" },
    ]

    private static let preflights: [BrowserCase] = [
        BrowserCase("a PUT of JSON", "PUT", "/app/put", .status(200), to: BrowserPage.listed) {
            $0.fields = ["Content-Type": "application/json", "Authorization": "Bearer of-script"]
            $0.body = "{}"
            $0.told = ["body": "{}", "authorization": "Bearer of-script", "method": "PUT"]
            $0.reachesApp = false
        },
        BrowserCase("a method that is not listed", "PATCH", "/app/patch", .status(200), to: []) {
            $0.reachesApp = false
        },
        BrowserCase("a header that is not listed", "GET", "/app/header", .status(200), to: []) {
            $0.fields = ["X-Custom": "1"]
            $0.reachesApp = false
        },
        BrowserCase(
            "any header where all are listed", "PUT", "/open/put", .status(200), to: BrowserPage.all
        ) { $0.fields = ["X-Custom": "1"] },
        BrowserCase(
            "Authorization where all but it are listed", "PUT", "/open/put", .status(200), to: []
        ) {
            $0.fields = ["Authorization": "Bearer of-script"]
            $0.reachesApp = false
        },
    ]

    private static func error(
        _ name: String, _ method: String, _ path: String, _ status: Int, _ code: String,
        _ change: (inout BrowserCase) -> Void = { _ in }
    ) -> BrowserCase {
        BrowserCase(name, method, path, .status(status, code: code), to: BrowserPage.listed) {
            $0.reachesApp = false
            change(&$0)
        }
    }

    private static let errors: [BrowserCase] = [
        error("no credentials", "GET", "/private", 401, "unauthorized"),
        error("a client that is denied", "GET", "/denied", 403, "forbidden"),
        error("a body too large", "POST", "/small", 413, "body_too_large") {
            $0.body = String(repeating: "x", count: 2000)
        },
        error("another content type", "POST", "/json", 415, "unsupported_media_type") {
            $0.fields = ["Content-Type": "text/plain"]
            $0.body = "text"
        },
        error("no upstream", "GET", "/down", 502, "upstream_unreachable"),
        BrowserCase("a route that says 404", "GET", "/gone", .status(404), to: BrowserPage.listed) {
            $0.reachesApp = false
        },
        // Whose route it would be, nobody knows: no policy speaks for it.
        BrowserCase("no route", "GET", "/nowhere", .status(404), to: []) { $0.reachesApp = false },
        BrowserCase("no route by its method", "POST", "/gone", .status(405), to: []) {
            $0.reachesApp = false
        },
    ]

    /// As by the element of an image: what Cross-Origin-Resource-Policy is about.
    private static let resources: [BrowserCase] = [
        BrowserCase(
            "a resource for the site", "GET", "/recommended", .opaque, to: BrowserPage.listed
        ) { $0.mode = "no-cors" },
        BrowserCase("a resource for its origin", "GET", "/page/strict.svg", .opaque, to: []) {
            $0.mode = "no-cors"
        },
        BrowserCase("a resource for all", "GET", "/bare", .opaque, to: BrowserPage.all) {
            $0.mode = "no-cors"
        },
    ]

    /// For the listed page alone: what of it is asked how often is counted.
    static let repeated: [BrowserCase] = ["/kept/put", "/kept/put", "/asked/put", "/asked/put"]
        .enumerated().map { index, path in
            BrowserCase("PUT \(path), \(index)", "PUT", path, .status(200), to: [.app])
        }

    /// Where other sites may not change anything: what comes of it no script can tell.
    ///
    /// To a trustworthy name, such as any below localhost, browsers say where a request comes from.
    static let guarded: [BrowserCase] = [
        ("POST", "api.pages.test"), ("POST", "shop.localhost"), ("GET", "api.pages.test"),
        ("GET", "shop.localhost"),
    ].map { method, host in
        BrowserCase("\(method) to \(host)", method, "/guarded", .opaque, to: BrowserPage.all) {
            $0.host = host
            $0.mode = "no-cors"
        }
    }
}
