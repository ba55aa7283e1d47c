internal import Files
internal import Glibc

extension SinkAddress {
    /// What it writes to, the same however it is written: a file's real path, an index's URL and alias.
    ///
    /// Two sinks with one target would write over each other. Looks at the file system, and opens nothing.
    public var target: String {
        switch self {
        case .ndjson(let path), .sqlite(let path): SinkAddress.realPath(path)
        // Both engines' names may stand before the address of one.
        case .search(let address): "\(address.url.lowercased())/\(address.alias)"
        case .standardOutput, .null, .firehose, .s3: description
        }
    }

    /// The target, and where it is a file that exists, that file by whatever other names it has (hard links).
    public var targetNames: [String] {
        switch self {
        case .ndjson(let path), .sqlite(let path):
            [target] + ((try? SystemDisk().status(of: path)).map { ["inode \($0.inode)"] } ?? [])
        case .search, .firehose, .s3, .standardOutput, .null: [target]
        }
    }

    /// A path without links, `.` and `..`; the file itself need not be there yet.
    private static func realPath(_ path: String) -> String {
        if let whole = resolved(path) { return whole }
        guard let slash = path.lastIndex(of: "/") else { return resolved(".").map { "\($0)/\(path)" } ?? path }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return resolved(folder).map { "\($0)/\(path[path.index(after: slash)...])" } ?? path
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
