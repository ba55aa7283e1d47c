internal import Glibc

/// The owner of a file, so that a permission error can name the user to run as.
public enum Ownership {
    /// What to do about a path that the kernel refuses to this process, as the end of a sentence.
    public static func hint(_ path: String) -> String {
        var place = path
        var status = stat()
        // Inside a folder that may not be looked into nothing can be told: then that folder is what to look at.
        while stat(place, &status) != 0 {
            let parent = SystemDisk().parentFolder(of: place)
            guard parent != place else { return "; check who owns the file, or run as that user" }
            place = parent
        }
        let (owner, own) = (name(status.st_uid), name(geteuid()))
        guard status.st_uid != geteuid() else {
            return "; \(place) belongs to \(owner), as which this runs: change its permissions"
        }
        return
            "; \(place) belongs to \(owner), and this runs as \(own): run it as \(owner), or hand the journal over with chown"
    }

    /// A user's name, or the number where it has none; getpwuid_r(3).
    private static func name(_ user: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4_096) { buffer in
            guard let memory = buffer.baseAddress,
                getpwuid_r(user, &entry, memory, buffer.count, &found) == 0, found != nil, let text = entry.pw_name
            else { return "user \(user)" }
            return String(cString: text)
        }
    }
}
