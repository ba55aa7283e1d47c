internal import Files
internal import Glibc

/// The right to write a source: a lock on `<source>/lock` that goes with the process, whatever ends it.
///
/// Only its holder truncates, seals or repairs.
struct SourceLock: Sendable {
    private let file: FileHandle

    /// Takes the lock.
    ///
    /// - Throws: `locked` with the holder's process id where another process has it.
    init(_ folder: SourceFolder) throws {
        file = try folder.disk.file(folder.lock, O_RDWR | O_CREAT)
        guard try file.tryLock() else {
            var bytes = [UInt8](repeating: 0, count: 20)
            _ = try file.readArray(into: &bytes, at: 0)
            let holder = String(decoding: bytes.prefix { (48...57).contains($0) }, as: UTF8.self)
            let whose = holder.isEmpty ? "another process" : "process \(holder)"
            throw JournalError(
                .locked,
                "\(folder.path) is being written by \(whose); stop it, or record another source or journal"
            )
        }
        let pid = Array("\(getpid())\n".utf8)
        try file.truncate(to: 0)
        try pid.withUnsafeBytes { try file.write($0, at: 0) }
    }

    /// Gives the right back; the file stays.
    func release() throws { try file.unlock() }
}
