internal import Index
internal import Synchronization

/// The index that a page shows: opened when it is first wanted, and again after it failed.
///
/// The file may not exist yet, be damaged, or be replaced by another while the page is served.
final class IndexAccess: Sendable {
    private let path: String
    private let open = Mutex<IndexReader?>(nil)

    init(_ path: String) { self.path = path }

    /// The index, opened where it is not.
    ///
    /// - Throws: `IndexError`.
    func reader() throws(IndexError) -> IndexReader {
        let result = open.withLock { open -> Result<IndexReader, IndexError> in
            if let open { return .success(open) }
            do throws(IndexError) {
                let reader = try IndexReader(path: path)
                open = reader
                return .success(reader)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Forgets an index that has failed.
    func close() { open.withLock { $0 = nil } }
}
