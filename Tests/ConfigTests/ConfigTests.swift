import Testing

@testable import Config

@Test func `probe`() {
    print(Sample.render())
    print(Reference.render())
    print(Schema.render())
    for p in Loading.load(text: Sample.render(), path: "s", environment: [:]).problems { print(p.text) }
}
