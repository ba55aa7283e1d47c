internal import Files

extension Journal {
    /// Bytes that may still be written on the file system of a journal's folder, statvfs(3); root's reserve does not count.
    ///
    /// A folder that does not exist yet will be on the file system of the nearest one above it.
    ///
    /// - Throws: `FileError`.
    public static func freeSpace(at directory: String) throws -> Int { try SystemDisk().freeSpace(at: directory) }
}
