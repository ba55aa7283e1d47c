import Foundation
import TestSupport
import Testing

@testable import Journal

/// Every single flipped bit and every cut, in every file of small journals.
@Suite struct EveryBitTests {
    @Test func whatIsWrittenIsReadBack() throws {
        for journal in try SmallJournal.all() {
            try EveryReader(original: journal).readAll(journal.files)
            #expect(journal.bytes.count > 200 && journal.marks.count > 3, "\(journal.name)")
        }
    }

    /// From any place and any time on, the rest is the same as in a read of all.
    @Test func everyPlaceAndTimeIsReadAlike() throws {
        for journal in try SmallJournal.all() {
            let whole = journal.whole
            for offset in (0...UInt64(journal.bytes.count)).map(ByteOffset.init(rawValue:)) {
                let rest = try journal.read(from: .offset(offset))
                #expect(rest.marks == whole.marks.filter { $0.offset >= offset }, "\(journal.name) from \(offset)")
                #expect(rest.events == whole.events.filter { $0.offset >= offset }, "\(journal.name) from \(offset)")
            }
            for time in Set(whole.marks.map(\.arrival) + whole.events.map(\.time)) {
                let rest = try journal.read(from: .time(time))
                #expect(rest.marks == whole.marks.filter { $0.arrival >= time }, "\(journal.name) from \(time)")
                #expect(rest.events == whole.events.filter { $0.time >= time }, "\(journal.name) from \(time)")
            }
        }
    }

    @Test func noBitOfASegmentMakesAReaderGiveWhatWasNotSent() throws {
        try damageEach(where: { $0.contains(".zst") || $0.contains(".open") })
    }

    @Test func noBitOfATailMakesAReaderGiveWhatWasNotSent() throws {
        try damageEach(where: { $0.hasSuffix("/tail") })
    }

    /// Damages the files that are meant; of one journal alone, but of all where REPRISE_TEST_FUZZ is set.
    private func damageEach(where isMeant: (String) -> Bool) throws {
        let isFull = ProcessInfo.processInfo.environment["REPRISE_TEST_FUZZ"] != nil
        var count = 0
        for journal in try SmallJournal.all() where isFull || journal.name == "a sealed segment, an open one, a tail" {
            let reader = EveryReader(original: journal)
            for (path, file) in journal.files where isMeant(path) {
                let used = (file.lastIndex { $0 != 0 } ?? -1) + 1
                DamageVariants.each(of: file, bits: 0..<used, cuts: 0..<used) { damaged, what in
                    var files = journal.files
                    files[path] = damaged
                    count += 1
                    do { try reader.readAll(files, alsoBytes: isFull || count % 8 == 0) } catch {
                        Issue.record("\(journal.name), \(path), \(what): \(error)")
                    }
                }
            }
        }
        #expect(count > 1_000)
    }
}
