import Files
import Foundation
import Glibc
import TestSupport
import Testing
import Time

@testable import Journal

/// Segments whose files have lost their names, and names that hold no segment: bytes that a file of the folder holds are found.
@Suite struct LostNameTests {
    static let names = [
        "0000000000.zst", "2.zst", "foo.zst", "0000000002.zst.bak", "0000000002.zst.damaged",
        "00000000000000000002.zst",
        "0000000002 (1).zst", "0000000060.zst", "0000200000.zst", "0000000002.zst.moving",
    ]

    struct Scene {
        let folder: TemporaryFolder
        let whole: ReadBack
        var path: String { folder.path }
        var source: String { "\(path)/filtered" }
        static let geometry = TailGeometry(slotCount: 4, slotSize: 2_048)
        var journal: Journal {
            get throws { try Journal(directory: path, disk: SystemDisk(), geometry: Scene.geometry) }
        }

        init(segments: Int = 4) throws {
            folder = try TemporaryFolder()
            for round in 0..<segments { try Scene.record(folder.path, round: round) }
            whole = try Scene.read(folder.path)
        }

        static func read(_ path: String) throws -> ReadBack {
            var read = ReadBack()
            let journal = try Journal(directory: path, disk: SystemDisk(), geometry: Scene.geometry)
            try read.add(RecordReader(journal: journal, source: .filtered))
            return read
        }

        static func open(_ path: String, _ clock: ManualClock) throws -> JournalWriter {
            try JournalWriter(
                SourceFolder(journal: path, source: .filtered, geometry: geometry),
                catalog: { try Catalog(journal: path, disk: SystemDisk()) },
                configuration: .init(),
                clock: clock.clock,
                startsThreads: true
            )
        }

        static func record(_ path: String, round: Int) throws {
            let clock = ManualClock.standard()
            clock.advance(by: .seconds(round))
            let writer = try Scene.open(path, clock)
            for number in 0..<50 { try writer.append("{\"n\":\(round * 50 + number)}\r\n") }
            try writer.close()
        }

        func move(_ name: String, to new: String) throws {
            try FileManager.default.moveItem(atPath: "\(source)/\(name)", toPath: "\(source)/\(new)")
        }

        func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(source)/\(name)") }

        func removeCatalog() throws {
            for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
                try SystemDisk().removeIfPresent("\(path)/\(name)")
            }
        }

        /// As a start leaves it: no old entry of it holds what a segment held.
        func emptyTail() throws {
            let tail = try SystemDisk().file("\(source)/tail", O_RDWR)
            try tail.truncate(to: 0)
            try tail.truncate(to: Scene.geometry.fileSize)
        }

        func names() throws -> [String] { try SystemDisk().sortedNames(in: source) }

        func repair(dryRun: Bool = false) throws -> [RepairStep] {
            try JournalRepair(of: journal, source: .filtered, dryRun: dryRun).steps
        }

        func codes() throws -> [JournalFinding.Code] { try JournalVerification(of: journal).findings.map(\.code) }

        /// Everything is read as before, and nothing is left to say or to do.
        func expectWhole(_ place: Comment, _ location: SourceLocation = #_sourceLocation) throws {
            #expect(try Scene.read(path) == whole, place, sourceLocation: location)
            #expect(try codes() == [], place, sourceLocation: location)
            #expect(try repair().isEmpty, place, sourceLocation: location)
        }
    }

    @Test(arguments: names) func aSegmentUnderAnyNameIsReadAndGetsItsNumberBack(_ name: String) throws {
        for (number, hasCatalog) in [(2, true), (4, false), (1, false)] {
            let scene = try Scene()
            if !hasCatalog { try scene.removeCatalog() }
            try scene.emptyTail()
            try scene.move("\(SegmentID(rawValue: Int64(number)).digits).zst", to: name)
            let place: Comment = "\(name) for segment \(number)"
            #expect(try Scene.read(scene.path) == scene.whole, place)
            let findings = try JournalVerification(of: scene.journal).findings
            if name != "0000000060.zst" {
                #expect(findings.contains { $0.code == .misplaced && $0.file == "filtered/\(name)" }, place)
            }
            #expect(!findings.isEmpty, place)
            if name != "0000000002.zst.moving" {
                #expect(try scene.repair(dryRun: true).allSatisfy(\.isWhole), place)
            }
            #expect(try scene.repair().allSatisfy(\.isWhole), place)
            try scene.expectWhole(place)
        }
    }

    @Test func aRecorderDoesNotWriteOverTheOffsetsOfASegmentThatLostItsName() throws {
        for number in [4, 3] {
            let scene = try Scene()
            try scene.removeCatalog()
            try scene.emptyTail()
            for lost in number...4 { try scene.move("000000000\(lost).zst", to: "old \(lost).zst") }
            try Scene.record(scene.path, round: 4)
            let read = try Scene.read(scene.path)
            #expect(Array(read.records.prefix(200)) == scene.whole.records && read.records.count == 250)
            #expect(read.events.allSatisfy { $0.kind != EventKind.gap })
            #expect(try scene.codes() == [])
        }
    }

    /// It would vouch for the newest segment that is left.
    @Test func aCatalogIsNotMadeAnewWhileTheNewestSegmentHasLostItsName() throws {
        let scene = try Scene()
        try scene.emptyTail()
        try scene.move("0000000004.zst", to: "0000000004.zst.old")
        #expect { try scene.journal.rebuildCatalog() } throws: { "\($0)".contains("'reprise journal repair' first") }
        _ = try scene.repair()
        #expect(try scene.journal.rebuildCatalog() == 4)
        try scene.expectWhole("rebuilt")
    }

    @Test func everySegmentMayHaveLostItsName() throws {
        let scene = try Scene()
        try scene.removeCatalog()
        for number in 1...4 { try scene.move("000000000\(number).zst", to: "copy-\(5 - number)") }
        try scene.remove("tail")
        #expect(try scene.journal.sources() == [.filtered])
        #expect(try Scene.read(scene.path).records == scene.whole.records)
        _ = try scene.repair()
        #expect(try Scene.read(scene.path).records == scene.whole.records)
        #expect(try scene.codes() == [])
    }

    @Test(arguments: ["0000000060.zst", "foo.zst", "0000000002.zst.bak"])
    func aSegmentThatComesBackTakesThePlaceOfTheGapThatStandsForIt(_ name: String) throws {
        for lost in [[2], [2, 3], [1, 2]] {
            let scene = try Scene()
            let aside = "\(scene.path)/aside"
            for number in lost {
                try FileManager.default.moveItem(
                    atPath: "\(scene.source)/000000000\(number).zst",
                    toPath: "\(aside)\(number)"
                )
            }
            #expect(try !scene.repair().allSatisfy(\.isWhole))
            #expect(try scene.codes() == [])
            for number in lost {
                try FileManager.default.moveItem(
                    atPath: "\(aside)\(number)",
                    toPath: "\(scene.source)/\(number == 2 ? name : "again \(number)")"
                )
            }
            #expect(try !scene.codes().isEmpty, "\(name), \(lost)")
            #expect(try scene.repair().allSatisfy(\.isWhole), "\(name), \(lost)")
            try scene.expectWhole("\(name), \(lost)")
        }
    }

    /// What a repair gave up for lost is in a copy that turns up later, among the blocks of a segment too.
    @Test func whatAGapStandsForIsFetchedFromACopyThatTurnsUp() throws {
        var seeds = SeededRandom()
        for _ in 0..<12 {
            let seed = seeds.next()
            var random = SeededRandom(seed: seed)
            let journal = try RescueJournal(&random)
            var state = journal.state
            (state.databases, state.syncedDatabases) = ([:], [:])
            let sealed = state.names.keys.filter { $0.hasSuffix(".zst") && state.names[$0] ?? -1 >= 0 }.sorted()
            guard let path = sealed.randomElement(using: &random), let file = state.names[path] else { continue }
            let copy = state.files[file].content
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<copy.count, using: &random)
                state.files[file].content[at] ^= 16
            }
            state.settle()
            let disk = SimulatedDisk(state, random)
            _ = try JournalRepair(of: RescueJournal.journal(on: disk), source: .filtered)
            disk.forgetLocks()
            let name = ["0000000090.zst", "copy.zst", "0000000001.zst.bak"].randomElement(using: &random) ?? ""
            let new = disk.state.create("\(RescueJournal.folder)/\(name)")
            disk.state.names["\(RescueJournal.folder)/\(name)"] = new
            disk.state.files[new].content = copy
            disk.state.settle()
            let steps = try JournalRepair(of: RescueJournal.journal(on: disk), source: .filtered).steps
            disk.forgetLocks()
            let place: Comment = "seed \(seed): \(path) as \(name): \(steps)"
            let (records, unread) = try RescueJournal.records(on: disk)
            #expect(records == journal.records && unread.bytes == 0, place)
            #expect(try JournalVerification(of: RescueJournal.journal(on: disk)).findings.isEmpty, place)
            #expect(try JournalRepair(of: RescueJournal.journal(on: disk), source: .filtered).steps.isEmpty, place)
        }
    }

    @Test func anEmptyForeignOpenFileIsNoDeadEnd() throws {
        for (name, hasTail) in [("0000000006.open", true), ("0000000006.open", false), ("0000000030.open", true)] {
            for repairs in [true, false] {
                let scene = try Scene()
                try scene.removeCatalog()
                try Data().write(to: URL(fileURLWithPath: "\(scene.source)/\(name)"))
                if !hasTail { try scene.remove("tail") }
                if repairs {
                    let steps = try scene.repair()
                    #expect(steps.contains { $0.action == .setAside && $0.file == "filtered/\(name)" })
                    #expect(try scene.codes() == [])
                }
                try Scene.record(scene.path, round: 4)
                let read = try Scene.read(scene.path)
                #expect(read.records.count == 250, "\(name), \(hasTail), \(repairs)")
                if !hasTail { continue }
                _ = try scene.repair()
                #expect(try scene.codes() == [], "\(name), \(hasTail), \(repairs)")
            }
        }
    }

    /// An open segment is followed by none: an empty file behind it is none that a kill leaves.
    @Test func anEmptyFileBehindTheOpenSegmentIsSetAside() throws {
        let scene = try Scene()
        try scene.removeCatalog()
        let check = try SegmentCheck(
            scene.journal.folder(of: .filtered),
            SegmentID(rawValue: 4),
            isSealed: true,
            buffer: nil
        )
        try scene.move("0000000004.zst", to: "0000000004.open")
        try SystemDisk().file("\(scene.source)/0000000004.open", O_RDWR).truncate(
            to: check.kept.last?.location.end ?? 0
        )
        try Data().write(to: URL(fileURLWithPath: "\(scene.source)/0000000005.open"))
        try Scene.record(scene.path, round: 4)
        #expect(try Scene.read(scene.path).records.count == 250)
        #expect(try scene.codes() == [])
    }

    @Test func whatIsNoSegmentIsNeverMovedIntoPlace() throws {
        for what in ["pipe", "folder", "link", "text", "empty"] {
            let scene = try Scene()
            let moving = "\(scene.source)/0000000004.zst.moving"
            switch what {
            case "pipe": try #require(mkfifo(moving, 0o600) == 0)
            case "folder": try #require(mkdir(moving, 0o700) == 0)
            case "link": try #require(symlink("0000000001.zst", moving) == 0)
            default: try Data((what == "text" ? "text" : "").utf8).write(to: URL(fileURLWithPath: moving))
            }
            let findings = try JournalVerification(of: scene.journal).findings
            #expect(findings.map(\.code) == [.foreignFile], "\(what)")
            #expect(findings.map(\.file) == ["filtered/0000000004.zst.moving"], "\(what)")
            // One that is to be moved by way of that very name, too.
            try scene.move("0000000004.zst", to: "elsewhere.zst")
            try scene.remove("0000000003.zst")
            #expect(try scene.repair(dryRun: true).map(\.file).contains("filtered/0000000004.zst.moving"))
            let steps = try scene.repair()
            #expect(steps.flatMap(\.gaps).count == 1, "\(what): \(steps)")
            #expect(try Scene.read(scene.path).records.count == 150, "\(what)")
            #expect(try scene.codes() == [], "\(what)")
            #expect(try scene.names().contains("0000000004.zst.moving.unreadable"), "\(what)")
        }
    }

    @Test func aSegmentThatIsALinkIsToBeReplacedByWhatItLeadsTo() throws {
        let scene = try Scene()
        try FileManager.default.moveItem(
            atPath: "\(scene.source)/0000000002.zst",
            toPath: "\(scene.path)/elsewhere"
        )
        try #require(symlink("\(scene.path)/elsewhere", "\(scene.source)/0000000002.zst") == 0)
        for action in [{ _ = try Scene.read(scene.path) }, { _ = try scene.codes() }] {
            do {
                try action()
                Issue.record("a link was followed")
            } catch { #expect("\(error)".contains("put the file that it leads to in its place"), "\(error)") }
        }
    }

    @Test func aRefusalForWantOfTheNewestSegmentSaysThatARepairMendsIt() throws {
        let scene = try Scene(segments: 5)
        try scene.move("0000000005.zst", to: "0000000006.zst")
        try scene.remove("0000000003.zst")
        try scene.remove("tail")
        #expect { try Scene.record(scene.path, round: 5) } throws: { "\($0)".contains("'reprise journal repair'") }
        _ = try scene.repair()
        try Scene.record(scene.path, round: 5)
        #expect(try Scene.read(scene.path).records.count == 250)
    }

    @Test func aStartOverDamageThatItsNamesShowWarnsOnce() throws {
        let scene = try Scene()
        let clock = ManualClock.standard()
        clock.advance(by: .seconds(60))
        try scene.remove("0000000002.zst")
        let writer = try Scene.open(scene.path, clock)
        let statistics = writer.statistics
        #expect(statistics.warnings.count == 1 && statistics.repairs.isEmpty && statistics.notes.isEmpty)
        #expect(statistics.warnings.first?.contains("segment 0000000002 has no file") ?? false)
        try writer.close()
        _ = try scene.repair()
        let again = try Scene.open(scene.path, clock)
        #expect(again.statistics.warnings.isEmpty)
        try again.close()
    }
}
