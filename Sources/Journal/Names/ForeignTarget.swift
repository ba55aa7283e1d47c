internal import Files

extension Journal {
    /// Whether a path is a file of any journal, or a name that one uses: what is written there would destroy what was recorded.
    ///
    /// Another journal's files count, and a segment or tail under any other name, a hard link for example. A path that cannot be
    /// looked at is none. Costs a few looks at names, and a read of 32 bytes.
    public static func owns(path: String) -> Bool { owns(path, on: SystemDisk()) }

    static func owns(_ path: String, on disk: any Disk) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last else { return false }
        let folder = parts.dropLast().joined(separator: "/")
        // A source's folder, in which any new name may become a segment's.
        if disk.exists("\(folder)/tail"), disk.exists("\(folder)/lock") { return true }
        let isJournal = ["catalog.sqlite", "state.sqlite"].contains { disk.exists("\(folder)/\($0)") }
        if isJournal, reserves([String(name)]) { return true }
        return (try? beginsAsOurs(path, disk)) ?? false
    }

    private static func beginsAsOurs(_ path: String, _ disk: any Disk) throws -> Bool {
        guard let file = try disk.fileIfPresent(path) else { return false }
        var bytes = [UInt8](repeating: 0, count: 32)
        guard try file.readArray(into: &bytes, at: 0) else { return false }
        // A segment begins with an empty zstd frame, and the trailer of its first block behind it.
        let isSegment = bytes[21..<29].elementsEqual(BlockTrailer.magic)
        return isSegment || withUnsafeBytes(of: TailEntry.magic.littleEndian) { bytes.starts(with: $0) }
    }
}
