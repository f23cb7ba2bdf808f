/// Why a text is not the value that was asked for.
///
/// It does not hold the text, which may be secret: whoever reports it shows what the file shows.
struct Objection: Error, Equatable {
    /// What follows the text in a message: `is not a port`.
    let what: String
    /// A better text, made out of this one; not shown when this one is secret.
    var suggestion: String?
    /// Advice that holds for any text.
    var advice: String?

    init(_ what: String, suggestion: String? = nil, advice: String? = nil) {
        self.what = what
        self.suggestion = suggestion
        self.advice = advice
    }
}
