import Foundation

/// An app of `Apps/`, in Python.
final class PythonApp: Sendable {
    let port: UInt16
    private let process: ChildProcess

    init(_ name: String, _ arguments: String...) throws {
        let process = try ChildProcess(["python3", "\(Tree.tests)/Apps/\(name).py"] + arguments)
        self.process = process
        port = try eventually("\(name).py says its port", within: 60) {
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            let text = process.output()
            return text.hasSuffix("\n") ? UInt16(text.dropLast()) : nil
        }
    }

    var address: String { "127.0.0.1:\(port)" }
}

/// A real nginx that serves files, keeps connections alive, and says who it is.
final class Nginx: Sendable {
    let port: UInt16
    private let process: ChildProcess

    /// - Parameter files: By path below the root.
    init(files: [String: String]) throws {
        port = try Ports.free()
        let folder = try ChildProcess.newFolder()
        let configuration = """
            daemon off; master_process off; worker_processes 1;
            pid \(folder)/pid; error_log \(folder)/error.log;
            events { worker_connections 512; }
            http {
                access_log off; client_body_temp_path \(folder)/body;
                proxy_temp_path \(folder)/proxy;
                fastcgi_temp_path \(folder)/f; uwsgi_temp_path \(folder)/u;
                scgi_temp_path \(folder)/s;
                client_max_body_size 1g;
                server {
                    listen 127.0.0.1:\(port); root \(folder);
                    location /said { return 200 "$request_method $host $http_x_forwarded_for"; }
                }
            }
            """
        process = try ChildProcess(
            ["nginx", "-p", folder, "-c", "\(folder)/nginx.conf"],
            files: files.merging(["nginx.conf": configuration]) { old, _ in old }, in: folder)
        try eventually("nginx serves") {
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            return (try? Wire(to: .ip4(port))) != nil
        }
    }

    var address: String { "127.0.0.1:\(port)" }
}

/// Runs curl.
///
/// - Returns: Its exit code and what it printed.
@discardableResult
func curl(_ arguments: String...) throws -> (code: Int32, output: String) {
    try ChildProcess.run(["curl", "--silent", "--show-error", "--max-time", "50"] + arguments)
}
