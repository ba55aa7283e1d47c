internal import Files
internal import Glibc

/// The new file, in the order in which nothing can be lost.
extension SegmentRewrite {
    /// Writes the new file beside the old one, reads it back, puts the old one aside and gives the new one the segment's name.
    ///
    /// At every moment all blocks stand in a file that readers and the next repair look into.
    mutating func write(sealed: Bool) throws {
        let path = "\(folder.path)/\(id.digits).repair"
        let file = try folder.disk.file(path, O_RDWR | O_CREAT | O_TRUNC)
        var table = SeekTable()
        var position = 0
        var old: FileHandle?
        for piece in pieces {
            switch piece {
            case .old(let location, let path):
                if old?.path != path { old = try folder.disk.file(path) }
                var buffer = [UInt8](repeating: 0, count: location.storedSize)
                guard let old, try old.readArray(into: &buffer, at: location.start) else {
                    throw JournalError(.corrupt, "\(path) has changed while it was repaired; nothing was replaced")
                }
                try buffer.withUnsafeBytes { try file.write($0, at: position) }
                table.add(frame: location.frameSize, location.contentSize, trailer: location.trailerSize)
                position += location.storedSize
            case .new(let frame, let trailer, let contentSize):
                try (frame + trailer).withUnsafeBytes { try file.write($0, at: position) }
                table.add(frame: frame.count, contentSize, trailer: trailer.count)
                position += frame.count + trailer.count
            }
        }
        if sealed { try table.encode().withUnsafeBytes { try file.write($0, at: position) } }
        try file.sync()
        try verify(path, sealed: sealed)
        let final = sealed ? folder.sealed(id) : folder.open(id)
        let moving = "\(final).\(SegmentList.movingSuffix)"
        try folder.disk.renameDurably(path, to: moving)
        if let oldPath { step.keptAs = try SetAside(folder: folder).put(oldPath, .damaged) }
        try folder.disk.renameDurably(moving, to: final)
    }

    /// Compares the new file as the disk has it with what it is to hold.
    func verify(_ path: String, sealed: Bool) throws {
        try folder.disk.file(path, O_RDWR).syncAndReread()
        let check = try SegmentCheck(folder, id, isSealed: sealed, path: path, buffer: nil)
        guard check.damage.isEmpty, check.rest == nil, check.kept.count == pieces.count,
            check.last?.endOffset == state.endOffset
        else {
            throw JournalError(
                .io,
                "\(path) does not read back as it was written; nothing was replaced; look at the disk, then repair again"
            )
        }
    }
}
