import Telemetry
import Testing

struct PageFormatTests {
    @Test(arguments: [
        "application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "Application/OpenMetrics-Text;Version=\"1.0.0\"",
        "application/openmetrics-text;version=1.0.0,"
            + "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "text/plain;q=0.9, application/openmetrics-text;q=0.9",
    ])
    func `OpenMetrics is for who names it and likes it as much`(_ field: String) {
        #expect(PageFormat(accept: field) == .openMetrics)
    }

    @Test(arguments: [
        "", "*/*", "text/plain", "application/*", "text/html,*/*;q=0.8", ";;=,,;q", "\u{0}\u{FF}",
        "application/openmetrics-text;q=0", "application/openmetrics-text;q=none",
        "application/openmetrics-text;version=0.0.1", "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;q=0.4,text/plain;q=0.5", "application/openmetrics-texts",
    ])
    func `all others get the text format`(_ field: String) {
        #expect(PageFormat(accept: field) == .prometheus)
    }

    @Test func `a format says what it is`() {
        for format in PageFormat.allCases {
            #expect(format == PageFormat(accept: "\(format.contentType)"))
        }
    }
}
