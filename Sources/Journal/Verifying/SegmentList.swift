internal import Files

/// The segments that a source's folder has files of, by name; for verify and repair, which trust neither catalog nor numbers.
struct SegmentList {
    /// Ascending.
    private(set) var sealed: [SegmentID] = []
    /// Ascending.
    private(set) var open: [SegmentID] = []
    /// Files that a repair was giving their number when it was cut off, with the name they were to get.
    private(set) var movingPaths: [(path: String, target: String)] = []
    /// What bears a name of such a file and is none.
    private(set) var foreignPaths: [String] = []
    /// Files that bear a number, but not as the segment of that number.
    private var doubtedPaths: [String] = []
    /// All other names but those of the tail, the lock and what a repair was writing.
    private var otherPaths: [String] = []
    private let folder: SourceFolder

    /// What a file is called on its way to another number.
    static let movingSuffix = "moving"

    init(_ folder: SourceFolder) throws {
        self.folder = folder
        for name in try folder.disk.sortedNames(in: folder.path) {
            let path = "\(folder.path)/\(name)"
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            let id = SegmentList.id(parts[0])
            switch (id, parts.dropFirst().map(String.init)) {
            case (let id?, ["zst"]): sealed.append(id)
            case (let id?, ["open"]): open.append(id)
            case (_?, ["zst", SegmentList.movingSuffix]), (_?, ["open", SegmentList.movingSuffix]):
                if try StraySegment.isOne(path, folder) {
                    movingPaths.append((path, String(path.dropLast(SegmentList.movingSuffix.count + 1))))
                } else {
                    foreignPaths.append(path)
                }
            case (_?, ["repair"]): break
            default: if path != folder.tail, path != folder.lock { otherPaths.append(path) }
            }
        }
        // Longer numbers sort before shorter ones by name.
        sealed.sort()
        open.sort()
        let believed = SegmentList.believed(sealed + open)
        // Sealing renames, and a copy may hold both: the sealed one is whole then.
        let isSealed = Set(sealed)
        doubtedPaths = sealed.filter { $0 > believed }.map(folder.sealed)
        doubtedPaths += open.filter { $0 > believed || isSealed.contains($0) }.map(folder.open)
        sealed.removeAll { $0 > believed }
        open.removeAll { $0 > believed || isSealed.contains($0) }
    }

    private static func id(_ digits: Substring) -> SegmentID? {
        guard let number = Int64(digits), SegmentID.range.contains(number) else { return nil }
        let id = SegmentID(rawValue: number)
        return id.digits == digits ? id : nil
    }

    /// So many segments in a row are not lost: a file behind such a hole is not one of ours.
    private static let holeLimit: Int64 = 100_000

    /// The highest number before which there is no such hole; each number up to it is looked at one by one.
    private static func believed(_ found: [SegmentID]) -> SegmentID {
        found.sorted().reduce(SegmentID(rawValue: 0)) { last, next in
            next.rawValue - last.rawValue > holeLimit ? last : next
        }
    }

    var newest: SegmentID? { [sealed.last, open.last].compactMap { $0 }.max() }

    /// Every number up to the newest, with whether it is sealed; nil where it has no file.
    var all: [(id: SegmentID, isSealed: Bool?)] {
        let isSealed = Set(sealed)
        let isOpen = Set(open)
        guard let newest else { return [] }
        return (1...newest.rawValue).map { number in
            let id = SegmentID(rawValue: number)
            return (id, isSealed.contains(id) ? true : isOpen.contains(id) ? false : nil)
        }
    }

    /// Every file that may hold blocks of the source: its segments, and the strays.
    func paths() throws -> [String] { sealed.map(folder.sealed) + open.map(folder.open) + (try strays()) }

    /// Every other regular file of the folder that begins like a segment: one under a wrong name, one that was set aside.
    ///
    /// Costs one short read of every file that bears no name of a segment.
    func strays() throws -> [String] {
        try movingPaths.map(\.path) + (doubtedPaths + otherPaths).filter { try StraySegment.isOne($0, folder) }
    }
}
