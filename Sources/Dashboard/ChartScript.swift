internal import Glibc
internal import HTTPServer
internal import Synchronization

/// Chart.js as the system's package installed it, read when a page first asks and kept from then on.
///
/// It is not built in, so that the system's updates reach the page; without it the page still shows its figures as tables.
final class ChartScript: Sendable {
    private let path: String
    private let content = Mutex<[UInt8]?>(nil)
    /// More than any Chart.js has; a wrong path must not fill the memory.
    private static let byteLimit = 8 << 20

    init(path: String) {
        self.path = path
    }

    /// What to do where the file is missing; nil where it can be read.
    var problem: String? {
        access(path, R_OK) == 0
            ? nil : "the page has no charts: Chart.js is not at \(path); on Debian: apt-get install libjs-chart.js"
    }

    /// The script, or a 404 that says what to install.
    var response: HTTPResponse {
        let script = content.withLock { content in
            if content == nil { content = read() }
            return content
        }
        guard let script else {
            return .text("Chart.js is not installed. On Debian: apt-get install libjs-chart.js\n", status: 404)
        }
        return .bytes(script, type: "text/javascript; charset=utf-8")
    }

    private func read() -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < Self.byteLimit {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return ferror(file) == 0 && !bytes.isEmpty ? bytes : nil
    }
}
