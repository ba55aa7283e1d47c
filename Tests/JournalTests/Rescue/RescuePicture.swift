import Files
import TestSupport

@testable import Journal

extension RescueJournal {
    /// What each file of the source holds and what a reader makes of it, for a look at a single input.
    static func picture(of disk: SimulatedDisk, _ title: String) throws -> String {
        var lines = [title]
        for name in try disk.sortedNames(in: folder) {
            let file = try disk.file("\(folder)/\(name)")
            var blocks: [String] = []
            if name.first == "0" {
                let walk = try SegmentWalk(file)
                while let item = try walk.next() {
                    guard case .block(let location, let trailer) = item else {
                        blocks.append("damage")
                        continue
                    }
                    let gap = trailer.isGap ? " gap of \(trailer.missing)" : ""
                    blocks.append(
                        "@\(location.start) \(trailer.firstOffset)-\(trailer.endOffset) #\(trailer.lastSequence)\(gap)"
                    )
                }
            }
            lines.append("  \(name), \(try file.size()) bytes: \(blocks.joined(separator: ", "))")
        }
        let source = SourceFolder(journal: "/journal", source: .filtered, disk: disk, geometry: geometry)
        let entries = try TailCheck.allEntries(source).map {
            "@\($0.position) \($0.entry.offset)-\($0.entry.endOffset) #\($0.entry.sequence)"
        }
        lines.append("  entries: \(entries.joined(separator: ", "))")
        let reader = try RecordReader(journal: journal(on: disk), source: .filtered)
        var read: [String] = []
        while let batch = try reader.nextBatch() {
            for event in batch.events where event.kind == EventKind.gap {
                read.append("gap at \(event.offset) of \(event.missingBytes ?? 0)")
            }
            for mark in batch.records { read.append("\(mark.offset)\(mark.kind == .whole ? "" : " \(mark.kind)")") }
        }
        lines.append("  read: \(read.joined(separator: ", "))")
        return lines.joined(separator: "\n")
    }
}
