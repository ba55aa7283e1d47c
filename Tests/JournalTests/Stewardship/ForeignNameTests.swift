import Files
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Journal

/// What stands under a name of the journal's and is none of its files is refused with the name, or kept; nothing outside is touched.
@Suite struct ForeignNameTests {
    private static let names = ["tail", "lock", "0000000001.zst", "0000000002.open", "0000000002.zst"]
    private static let text = Data("This is somebody else's file.\n".utf8)

    private func journal() throws -> (TemporaryFolder, String) {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: "\(folder.path)/journal", source: .filtered)
        try writer.append("{\"n\":1}\n")
        try writer.close()
        return (folder, "\(folder.path)/journal/filtered")
    }

    /// What is not to be opened at all.
    private func expectRefusal(_ folder: TemporaryFolder, _ name: String, _ what: String) {
        func check(_ action: String, _ body: () throws -> Void) {
            do {
                try body()
                Issue.record("\(action) went on over a \(what) named \(name)")
            } catch { #expect("\(error)".contains("filtered/\(name)"), "\(action) over a \(what): \(error)") }
        }
        let path = "\(folder.path)/journal"
        check("a start") { _ = try JournalWriter(directory: path, source: .filtered) }
        if name != "lock" { check("a reader") { _ = try ReadBack(path) } }
        check("a repair") { _ = try JournalRepair(of: Journal(directory: path), source: .filtered) }
    }

    @Test(arguments: names) func aLinkIsNotFollowed(_ name: String) throws {
        let (folder, source) = try journal()
        let target = "\(folder.path)/precious"
        try ForeignNameTests.text.write(to: URL(fileURLWithPath: target))
        _ = unlink("\(source)/\(name)")
        try #require(symlink(target, "\(source)/\(name)") == 0)
        expectRefusal(folder, name, "link")
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == ForeignNameTests.text)
    }

    @Test(arguments: names) func aPipeOrAFolderHoldsNobodyUp(_ name: String) throws {
        for what in ["pipe", "folder"] {
            let (folder, source) = try journal()
            _ = unlink("\(source)/\(name)")
            try #require(
                what == "pipe" ? mkfifo("\(source)/\(name)", 0o600) == 0 : mkdir("\(source)/\(name)", 0o700) == 0
            )
            expectRefusal(folder, name, what)
        }
    }

    /// A file may have come there by a mistake; its bytes are kept under a name that says so.
    @Test(arguments: ["tail", "0000000002.open", "0000000002.zst"]) func aFileIsKept(_ name: String) throws {
        let (folder, source) = try journal()
        try ForeignNameTests.text.write(to: URL(fileURLWithPath: "\(source)/\(name)"))
        let writer = try JournalWriter(directory: "\(folder.path)/journal", source: .filtered)
        try writer.append("{\"n\":2}\n")
        try writer.append("{\"n\":3}\n")
        try writer.close()
        let kept = try FileManager.default.contentsOfDirectory(atPath: source).filter { $0.hasPrefix("\(name).") }
        #expect(kept == ["\(name).unreadable"])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(source)/\(name).unreadable"))
        #expect(bytes == ForeignNameTests.text)
        #expect(try ReadBack("\(folder.path)/journal").records.last == Array("{\"n\":3}".utf8))
    }
}
