import Foundation
import Journal
import TestSupport
import Testing

/// `journal verify`, `repair` and `rebuild`, as an operator runs them.
@Suite(.timeLimit(.minutes(20)))
struct JournalCareTests {
    private func record(_ path: String) throws {
        let writer = try JournalWriter(directory: path, source: .filtered)
        for number in 0..<300 {
            let line = Array("{\"n\":\(number),\"pad\":\"\(String(repeating: "x\(number)", count: 90))\"}\r\n".utf8)
            try line.withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private func run(_ folder: TemporaryFolder, _ arguments: String...) throws -> RunningProgram.Result {
        try RunningProgram(
            Surroundings.reprise(),
            ["journal"] + arguments + ["--journal", folder.path + "/journal"],
            in: folder
        ).wait()
    }

    @Test func damageIsReportedRepairedAndThenGone() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<3 { try record(folder.path + "/journal") }
        let well = try run(folder, "verify")
        #expect(well.status == 0 && well.text.contains("all is well: 3 segments"), "\(well.text)\(well.errors)")
        #expect(well.errors.isEmpty)

        let segment = URL(fileURLWithPath: folder.path + "/journal/filtered/0000000002.zst")
        var bytes = try Data(contentsOf: segment)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: segment)
        let bad = try run(folder, "verify", "--jobs", "2", "--json")
        #expect(bad.status == 3)
        let json = try #require(JSONSerialization.jsonObject(with: bad.output) as? [String: Any])
        let findings = try #require(json["findings"] as? [[String: Any]])
        #expect(findings.map { $0["code"] as? String } == ["block-damaged"])
        #expect(findings.first?["severity"] as? String == "loss")
        #expect((findings.first?["advice"] as? String)?.contains("reprise journal repair") == true)

        let plan = try run(folder, "repair", "--dry-run")
        #expect(plan.status == 3 && plan.text.contains("would be rewritten"))
        #expect(try Data(contentsOf: segment) == bytes)
        let repair = try run(folder, "repair")
        #expect(repair.status == 3 && repair.text.contains("gone: "), "\(repair.text)\(repair.errors)")
        #expect(try run(folder, "verify").status == 0)
        let again = try run(folder, "repair")
        #expect(again.status == 0 && again.text == "nothing to repair\n")
        // What is gone stays told.
        let plain = try run(folder, "cat", "--raw")
        #expect(plain.status == 3)
    }

    /// What cannot be read is told by every command that reads, before a repair and after it, and by a recorder's start.
    @Test func whatCannotBeReadEndsEveryReaderWithThree() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<3 { try record(folder.path + "/journal") }
        let segment = URL(fileURLWithPath: folder.path + "/journal/filtered/0000000002.zst")
        var bytes = try Data(contentsOf: segment)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: segment)
        for state in ["damaged", "repaired"] {
            // 'info' reads no block: it knows of a gap once one is stored.
            let infos = state == "damaged" ? [] : [["info"], ["info", "--json"]]
            for command in [["cat", "--raw"], ["cat"]] + infos {
                let read = try RunningProgram(
                    Surroundings.reprise(),
                    ["journal"] + command + ["--journal", folder.path + "/journal"],
                    in: folder
                ).wait()
                #expect(read.status == 3, "\(state), \(command): \(read.errors)")
                let all = read.text + read.errors
                #expect(all.contains("missing or damaged") || all.contains("\"unread_bytes\""), "\(state): \(all)")
            }
            let replay = try RunningProgram(
                Surroundings.reprise(),
                [
                    "replay", "--journal", folder.path + "/journal", "--sink", "ndjson:\(folder.path)/\(state)",
                    "--json",
                ],
                in: folder
            ).wait()
            #expect(replay.status == 3, "\(state): \(replay.errors)")
            let json = try #require(JSONSerialization.jsonObject(with: replay.output) as? [String: Any])
            #expect(json["unread_bytes"] as? Int ?? 0 > 0 && json["unread_from"] != nil && json["unread_to"] != nil)
            #expect(try run(folder, "verify").status == (state == "damaged" ? 3 : 0))
            if state == "damaged" { #expect(try run(folder, "repair").status == 3) }
        }
    }

    @Test func rebuildMakesTheCatalogAnewAndRefusesBesideARecorder() throws {
        let folder = try TemporaryFolder()
        try record(folder.path + "/journal")
        try FileManager.default.removeItem(atPath: folder.path + "/journal/catalog.sqlite")
        let rebuilt = try run(folder, "rebuild", "--json")
        #expect(rebuilt.status == 0 && rebuilt.text == "{\"segments\":1}\n", "\(rebuilt.errors)")
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        for command in ["rebuild", "repair"] {
            let refused = try run(folder, command)
            #expect(refused.status == 75 && refused.errors.contains("process \(getpid())"), "\(refused.errors)")
        }
        #expect(try run(folder, "verify").status == 0)
        try writer.close()
    }
}
