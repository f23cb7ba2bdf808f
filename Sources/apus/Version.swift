import ArgumentParser
import CVersion
import Gateway
import Telemetry

/// The command `apus version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the versions of apus, Swift, OpenSSL and hiredis.")

    func run() {
        let labels = BuildFacts.labels
        print("apus \(labels.version)")
        print("Swift \(labels.swift)")
        print("OpenSSL \(labels.openssl)")
        print("hiredis \(Libraries.hiredis)")
    }
}

/// What this binary is made of.
enum BuildFacts {
    static let labels = BuildLabels(
        version: APUS_VERSION, swift: swiftVersion, openssl: Libraries.openSSL)

    private static var swiftVersion: String {
        #if swift(>=6.4)
            "6.4 or later"
        #elseif swift(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
