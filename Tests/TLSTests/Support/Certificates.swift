import Foundation
import TLS
import Testing

/// What `Tests/Fixtures/tls/make.sh` made for this run.
enum Made {
    static let folder: URL = {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "apus-tls-\(ProcessInfo.processInfo.processIdentifier)")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/tls/make.sh").standardizedFileURL
        let process = Process()
        process.executableURL = script
        process.arguments = [folder.path]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { fatalError("no authority could be made") }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { fatalError("no authority could be made") }
        return folder
    }()

    static func file(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: folder.appending(path: name)))
    }

    static func pair(_ name: String, staple: [UInt8] = []) throws -> CertificatePair {
        try CertificatePair(
            certificates: file("\(name).pem"), key: file("\(name).key"), staple: staple)
    }

    static func trust(_ name: String = "ca", revocations: [UInt8]? = nil) throws -> TrustStore {
        try TrustStore(roots: file("\(name).pem"), revocations: revocations)
    }
}
