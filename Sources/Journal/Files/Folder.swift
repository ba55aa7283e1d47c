internal import Glibc

/// Folders and names, as far as the journal needs them.
enum Folder {
    /// Makes a folder and those above it, durably for the last; one that exists is left as it is.
    static func create(_ path: String) throws(JournalError) {
        if mkdir(path, 0o750) == 0 {
            try sync(parent(of: path))
            return
        }
        if errno == EEXIST { return }
        guard errno == ENOENT, parent(of: path) != path else { throw .syscall("make folder", path) }
        try create(parent(of: path))
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw .syscall("make folder", path) }
        try sync(parent(of: path))
    }

    /// Makes the names in a folder durable.
    static func sync(_ path: String) throws(JournalError) {
        try FileHandle(path, O_RDONLY | O_DIRECTORY).sync()
    }

    /// Renames a file within a folder and makes the new name durable, rename(2).
    static func rename(_ old: String, to new: String) throws(JournalError) {
        guard Glibc.rename(old, new) == 0 else { throw .syscall("rename to \(new)", old) }
        try sync(parent(of: new))
    }

    /// The names in a folder, sorted; none where there is no such folder.
    static func names(in path: String) throws(JournalError) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw .syscall("list", path)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file; one that is not there is none, unlink(2).
    static func remove(_ path: String) throws(JournalError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .syscall("remove", path) }
    }

    /// Whether something has that name.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
