public import Glibc

/// Folders and names.
extension Disk {
    /// Opens a regular file.
    public func file(_ path: String, _ flags: CInt = O_RDONLY) throws(FileError) -> FileHandle {
        try FileHandle(self, path, flags)
    }

    /// Opens a file for reading, or returns nil where there is none.
    public func fileIfPresent(_ path: String) throws(FileError) -> FileHandle? {
        do { return try file(path) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Makes a folder and those above it, durably for the last; one that exists is left as it is.
    ///
    /// - Throws: `FileError`: `notRegular` where a file stands at the path or above it.
    public func createFolder(_ path: String) throws(FileError) {
        do throws(Errno) { try makeFolder(path) } catch {
            if error.number == EEXIST || error.number == ENOTDIR { return try checkIsFolder(path) }
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

    /// Throws where a file stands at a path, or above it, in place of a folder.
    private func checkIsFolder(_ path: String) throws(FileError) {
        var place = path
        while true {
            if let kind = (try? status(of: place))?.kind {
                guard kind != .folder else { return }
                throw FileError(.notRegular, "\(place) is a file, and a folder is needed there; name another")
            }
            let parent = parentFolder(of: place)
            guard parent != place else { return }
            place = parent
        }
    }

    /// Makes the names in a folder durable.
    public func syncFolder(_ path: String) throws(FileError) {
        try FileHandle(self, path, O_RDONLY, expecting: .folder).sync()
    }

    /// Renames a file within a folder and makes the new name durable, rename(2).
    public func renameDurably(_ old: String, to new: String) throws(FileError) {
        try restarting("rename to \(new)", old) { () throws(Errno) in try rename(old, to: new) }
        try syncFolder(parentFolder(of: new))
    }

    /// The names in a folder, sorted; none where there is no such folder.
    public func sortedNames(in path: String) throws(FileError) -> [String] {
        do throws(Errno) { return try names(in: path).sorted() } catch {
            if error.number == ENOENT { return [] }
            throw .syscall("list", path, errno: error.number)
        }
    }

    /// Removes a file; one that is not there is none, unlink(2).
    public func removeIfPresent(_ path: String) throws(FileError) {
        do throws(Errno) { try remove(path) } catch {
            guard error.number == ENOENT else { throw .syscall("remove", path, errno: error.number) }
        }
    }

    /// The folder that a path stands in; `/` and `.` stand in themselves.
    public func parentFolder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension Disk {
    /// Bytes that may still be written on the file system of a folder, statvfs(3); root's reserve does not count.
    ///
    /// A folder that does not exist yet will be on the file system of the nearest one above it.
    public func freeSpace(at folder: String) throws(FileError) -> Int {
        var place = folder
        try checkIsFolder(folder)
        while true {
            do throws(FileError) {
                return try restarting("stat the file system of", place) { () throws(Errno) in
                    try fileSystem(of: place)
                }.freeBytes
            } catch {
                let parent = parentFolder(of: place)
                guard error.code == .notFound, parent != place else { throw error }
                place = parent
            }
        }
    }
}
