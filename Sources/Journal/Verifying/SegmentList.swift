internal import Files

/// The segments that a source's folder has files of, by name; for verify and repair, which trust neither catalog nor numbers.
struct SegmentList {
    /// Ascending.
    private(set) var sealed: [SegmentID] = []
    /// Ascending.
    private(set) var open: [SegmentID] = []
    /// Every file that may hold blocks of the source, open ones beside sealed ones of the same number too.
    private(set) var paths: [String] = []
    /// Files that a repair was giving their number when it was cut off, with the name they were to get.
    private(set) var movingPaths: [(path: String, target: String)] = []

    /// What a file is called on its way to another number.
    static let movingSuffix = "moving"

    init(_ folder: SourceFolder) throws {
        for name in try folder.disk.sortedNames(in: folder.path) {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard (2...3).contains(parts.count), let number = Int64(parts[0]), SegmentID.range.contains(number) else {
                continue
            }
            let id = SegmentID(rawValue: number)
            guard id.digits == parts[0] else { continue }
            if parts.count == 3 {
                if parts[1] == "zst" || parts[1] == "open", parts[2] == SegmentList.movingSuffix {
                    let path = "\(folder.path)/\(name)"
                    movingPaths.append((path, String(path.dropLast(SegmentList.movingSuffix.count + 1))))
                    paths.append(path)
                }
                continue
            }
            if parts[1] == "zst" || parts[1] == "open" { paths.append("\(folder.path)/\(name)") }
            if parts[1] == "zst" { sealed.append(id) }
            if parts[1] == "open" { open.append(id) }
        }
        // Longer numbers sort before shorter ones by name.
        sealed.sort()
        open.sort()
        let believed = SegmentList.believed(sealed + open)
        sealed.removeAll { $0 > believed }
        open.removeAll { $0 > believed }
        // Sealing renames, and a copy may hold both: the sealed one is whole then.
        let isSealed = Set(sealed)
        open.removeAll { isSealed.contains($0) }
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
}
