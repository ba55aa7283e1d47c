internal import Files
internal import Glibc
internal import Numbers

/// A segment's number in its source: 1, 2, 3, … without a hole.
struct SegmentID: RawRepresentable, Hashable, Comparable, Sendable {
    let rawValue: Int64

    static let first = SegmentID(rawValue: 1)

    /// The numbers that are believed where they come from a database: as many as ten digits say, more than anyone records.
    static let range: ClosedRange<Int64> = 1...9_999_999_999

    var next: SegmentID { SegmentID(rawValue: rawValue.saturatingAdd(1)) }

    /// The one before; the first has none, and stays.
    var previous: SegmentID { SegmentID(rawValue: max(1, rawValue.saturatingSubtract(1))) }

    /// Ten digits, so that names sort as numbers do.
    var digits: String {
        let text = String(rawValue)
        return String(repeating: "0", count: max(0, 10 - text.count)) + text
    }

    static func < (a: SegmentID, b: SegmentID) -> Bool { a.rawValue < b.rawValue }
}

/// The paths of one source's files.
struct SourceFolder: Sendable {
    let path: String
    let source: SourceName
    /// Where they are.
    let disk: any Disk
    /// The tail's shape.
    let geometry: TailGeometry

    init(
        journal: String,
        source: SourceName,
        disk: any Disk = SystemDisk(),
        geometry: TailGeometry = .standard
    ) {
        path = "\(journal)/\(source)"
        self.source = source
        self.disk = disk
        self.geometry = geometry
    }

    var lock: String { "\(path)/lock" }
    var tail: String { "\(path)/tail" }
    func open(_ id: SegmentID) -> String { "\(path)/\(id.digits).open" }
    func sealed(_ id: SegmentID) -> String { "\(path)/\(id.digits).zst" }
}

extension SourceFolder {
    /// Opens the tail for reading; nil where there is none, or no folder.
    ///
    /// - Throws: `io` where it may not be read: so nobody takes another user's source for an empty one.
    func openTail() throws(FileError) -> FileHandle? {
        do { return try disk.fileIfPresent(tail) } catch {
            guard error.errorNumber == ENOTDIR else { throw error }
            return nil
        }
    }

    /// A segment without a file that the catalog proves there was.
    func missing(_ id: SegmentID, known: SegmentID) -> JournalError {
        JournalError(
            .corrupt,
            "\(path): segment \(id.digits) is missing, and the catalog knows segments up to \(known.digits); restore it from "
                + "a copy, or run 'reprise journal repair', which looks for it under other names and stores a gap for what it "
                + "does not find. Where this journal is itself a copy of one that was being recorded, make its catalog anew with "
                + "'reprise journal rebuild'"
        )
    }

    /// A segment without a file before one that has one.
    func missing(_ id: SegmentID) -> JournalError {
        JournalError(
            .corrupt,
            "\(path): segment \(id.digits) is missing, and \(id.next.digits) is there; restore it from a copy, or go on without "
                + "it with 'reprise journal repair'"
        )
    }
}
