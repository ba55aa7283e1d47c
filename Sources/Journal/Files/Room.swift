extension Journal {
    /// Bytes that may still be written on the file system of a journal's folder, statvfs(3); root's reserve does not count.
    ///
    /// A folder that is not made yet will be on the file system of the nearest one above it.
    ///
    /// - Throws: `JournalError.io`.
    public static func room(at directory: String) throws(JournalError) -> Int {
        try room(at: directory, disk: SystemDisk())
    }

    static func room(at directory: String, disk: some Disk) throws(JournalError) -> Int {
        var place = directory
        while true {
            do throws(JournalError) {
                return try restarting("stat the file system of", place) { () throws(Errno) in
                    try disk.fileSystem(of: place)
                }.freeBytes
            } catch {
                let parent = disk.parentFolder(of: place)
                guard error.code == .notFound, parent != place else { throw error }
                place = parent
            }
        }
    }
}
