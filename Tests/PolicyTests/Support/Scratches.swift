import Crypto

@testable import Policy

extension PolicyScratch {
    /// For tests, where nobody has to be kept from foreseeing tags.
    init() { self.init(tagKey: SipHash.Key(1, 2)) }
}

extension AuthScratch {
    init() { self.init(tagKey: SipHash.Key(1, 2)) }
}
