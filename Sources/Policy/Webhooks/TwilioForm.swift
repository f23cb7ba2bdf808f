import Bytes

/// What Twilio signs behind the URL of a form.
enum TwilioForm {
    struct Parameter {
        var name: ByteRange
        var value: ByteRange
    }
}
