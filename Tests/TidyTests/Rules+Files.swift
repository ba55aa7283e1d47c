/// Rules for files as such, whatever is in them.
extension Rules {
    static let fileByteLimit = 256 << 10

    /// Only the page's picture may be large.
    static func size(_ path: String, bytes: Int) -> [Finding] {
        bytes > fileByteLimit && path != "docs/page.png"
            ? [Finding(path: path, line: 1, what: "\(bytes) bytes, \(fileByteLimit) at most")] : []
    }

    /// Pages in docs/ that no page a reader begins with links to.
    static func unlinked(_ pages: [String], from linking: [SourceFile]) -> [Finding] {
        pages.filter { page in
            let name = page.dropFirst("docs/".count)
            return !linking.contains { file in
                file.text.contains("(\(page))") || file.path.hasPrefix("docs/") && file.text.contains("(\(name))")
            }
        }.map { Finding(path: $0, line: 1, what: "linked from nowhere") }
    }
}
