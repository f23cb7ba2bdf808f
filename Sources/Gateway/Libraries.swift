import Crypto
import Redis

/// Versions of the libraries that the process found at start.
package enum Libraries {
    package static var openSSL: String { CryptoLibrary.version }
    package static var hiredis: String { RedisLibrary.version }
}
