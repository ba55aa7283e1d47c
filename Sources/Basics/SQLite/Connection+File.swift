internal import CSQLite
internal import Files
internal import Glibc

extension Connection {
    /// Throws where another program has renamed, deleted or overwritten the file since it was opened.
    ///
    /// SQLite itself notices none of it: it writes on, and every commit succeeds. Damage behind the first bytes is found where
    /// SQLite reads it. Opens and reads 16 bytes of the file.
    ///
    /// - Throws: `SQLiteError`: code 14 where the path leads to another file or none, 26 where it does not begin as a database.
    public func checkFile() throws(SQLiteError) {
        guard let fileIdentity else { return }
        let status = try? SystemDisk().status(of: path)
        guard status?.inode == fileIdentity else {
            throw SQLiteError(
                code: SQLITE_CANTOPEN,
                message: "\(path) was renamed or deleted while it was in use"
            )
        }
        var start = [UInt8](repeating: 0, count: 16)
        let count: Int
        do {
            // Links are followed, as SQLite does.
            let file = try FileHandle(SystemDisk(), path, O_RDONLY, expecting: .output)
            count = try start.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        } catch {
            throw SQLiteError(code: SQLITE_CANTOPEN, message: "\(error)")
        }
        // sqlite.org/fileformat.html, "The Database Header"; a new one has its first page in the log alone.
        guard count == 0 || count == 16 && start.elementsEqual(Array("SQLite format 3\0".utf8)) else {
            throw SQLiteError(code: SQLITE_NOTADB, message: "\(path) was overwritten while it was in use")
        }
    }
}
