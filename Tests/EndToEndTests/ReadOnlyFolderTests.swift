import Foundation
import Glibc
import Journal
import SQLite
import TestSupport
import Testing

/// A finished index is served from a folder that nobody can write, and its one file is all there is of it.
@Suite(.timeLimit(.minutes(20)))
struct ReadOnlyFolderTests {
    private struct Shown: Decodable {
        let categories: [Category]

        struct Category: Decodable {
            let name: String
            let total: Int
        }
    }

    /// - Parameter logMode: whether the file asks for a write-ahead log, as one that was read while it was closed does.
    @Test(.needs(.anotherUser, .tool("curl")), arguments: [false, true])
    func aFinishedIndexIsServedFromAReadOnlyFolder(logMode: Bool) throws {
        let folder = try TemporaryFolder()
        let journal = "\(folder.path)/journal"
        let writer = try JournalWriter(directory: journal, source: .filtered)
        for id in 1...500 {
            let tag = id % 5 == 0 ? "dogs" : "cats"
            let line = "{\"data\":{\"id\":\"\(id)\",\"text\":\"x\"},\"matching_rules\":[{\"tag\":\"\(tag)\"}]}\r\n"
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
        let shelf = "\(folder.path)/shelf"
        try FileManager.default.createDirectory(atPath: shelf, withIntermediateDirectories: false)
        try output(
            of: Surroundings.reprise(),
            ["replay", "--journal", journal, "--sink", "sqlite:\(shelf)/index.sqlite"],
            in: folder
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: shelf) == ["index.sqlite"])
        if logMode { try Connection(path: "\(shelf)/index.sqlite").execute("PRAGMA user_version") }
        // The one file is the whole index wherever it is put.
        let other = "\(folder.path)/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: "\(shelf)/index.sqlite", toPath: "\(other)/copy.sqlite")
        for (place, name) in [(shelf, "index.sqlite"), (other, "copy.sqlite")] {
            chmod(place, 0o555)
            defer { chmod(place, 0o755) }
            let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
            let serve = try RunningProgram(
                Surroundings.path(.anotherUser),
                user + [Surroundings.reprise(), "serve", "--index", "\(place)/\(name)", "--port", "0"],
                in: folder
            )
            let url = try until("the page; \(serve.errors)") {
                try serve.errors.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/).map { String($0.0) }
            }
            let body = try until("the figures; \(serve.errors)") {
                let body = try output(of: Surroundings.path(.tool("curl")), ["-sS", "\(url)/api/summary"], in: folder)
                return body.isEmpty ? nil : body
            }
            let shown = try JSONDecoder().decode(Shown.self, from: body).categories
            #expect(shown.first { $0.name == "cats" }?.total == 400, "\(String(decoding: body, as: UTF8.self))")
            #expect(shown.first { $0.name == "dogs" }?.total == 100)
            serve.send(SIGTERM)
            #expect(try serve.wait(seconds: 20).status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [name])
        }
    }
}
