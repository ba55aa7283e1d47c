internal import Glibc

/// Folders and names, as far as the journal needs them.
extension Disk {
    /// Opens a file.
    func file(_ path: String, _ flags: CInt = O_RDONLY) throws(JournalError) -> FileHandle {
        try FileHandle(self, path, flags)
    }

    /// Opens a file for reading, or returns nil where there is none.
    func fileIfPresent(_ path: String) throws(JournalError) -> FileHandle? {
        do { return try file(path) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Makes a folder and those above it, durably for the last; one that exists is left as it is.
    func createFolder(_ path: String) throws(JournalError) {
        do throws(Errno) { try makeFolder(path) } catch {
            if error.number == EEXIST { return }
            let parent = parentFolder(of: path)
            guard error.number == ENOENT, parent != path else {
                throw .syscall("make folder", path, errno: error.number)
            }
            try createFolder(parent)
            do throws(Errno) { try makeFolder(path) } catch {
                guard error.number == EEXIST else { throw .syscall("make folder", path, errno: error.number) }
            }
        }
        try syncFolder(parentFolder(of: path))
    }

    /// Makes the names in a folder durable.
    func syncFolder(_ path: String) throws(JournalError) {
        try file(path, O_RDONLY | O_DIRECTORY).sync()
    }

    /// Renames a file within a folder and makes the new name durable, rename(2).
    func renameDurably(_ old: String, to new: String) throws(JournalError) {
        try restarting("rename to \(new)", old) { () throws(Errno) in try rename(old, to: new) }
        try syncFolder(parentFolder(of: new))
    }

    /// The names in a folder, sorted; none where there is no such folder.
    func sortedNames(in path: String) throws(JournalError) -> [String] {
        do throws(Errno) { return try names(in: path).sorted() } catch {
            if error.number == ENOENT { return [] }
            throw .syscall("list", path, errno: error.number)
        }
    }

    /// Removes a file; one that is not there is none, unlink(2).
    func removeIfPresent(_ path: String) throws(JournalError) {
        do throws(Errno) { try remove(path) } catch {
            guard error.number == ENOENT else { throw .syscall("remove", path, errno: error.number) }
        }
    }

    /// The folder that a path stands in; `/` and `.` stand in themselves.
    func parentFolder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
