import Foundation
import Journal
import TestSupport
import Testing

/// The command into AWS in memory (moto), which checks every signature, through a delivery stream into S3.
@Suite(.timeLimit(.minutes(20)), .serialized)
struct FirehoseTests {
    private static let posts = 1_700

    private func record(_ path: String) throws {
        let writer = try JournalWriter(directory: path, source: .filtered)
        for number in 0..<Self.posts {
            let line = """
                {"data":{"id":"\(number)","text":"post \(number) \\u00e9 🐈","public_metrics":{"like_count":\(number)}},\
                "matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                """
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private struct Account {
        let peer: RunningProgram
        let place: String
        let environment: [String: String]

        init(_ folder: TemporaryFolder) throws {
            place = folder.path
            peer = try RunningProgram(
                Surroundings.path(.python),
                [Surroundings.peer("firehose.py"), folder.path],
                in: folder
            )
            let words = try peer.firstLine(seconds: 60).split(separator: " ").map(String.init)
            try #require(words.count == 3)
            environment = [
                "AWS_ENDPOINT_URL": words[0], "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": words[1],
                "AWS_SECRET_ACCESS_KEY": words[2],
            ]
        }

        /// All lines of all objects.
        func objects() throws -> [String] {
            _ = FileManager.default.createFile(atPath: "\(place)/ask", contents: Data())
            let path = "\(place)/objects"
            let text = try until("the objects of S3; \(try peer.errors.suffix(500))") {
                try? String(contentsOfFile: path, encoding: .utf8)
            }
            try FileManager.default.removeItem(atPath: path)
            return text.split(separator: "\n").map(String.init)
        }
    }

    private func replay(
        _ folder: TemporaryFolder,
        _ environment: [String: String],
        _ arguments: [String]
    ) throws -> RunningProgram.Result {
        try RunningProgram(
            Surroundings.reprise(),
            ["replay", "--journal", "\(folder.path)/journal"] + arguments,
            in: folder,
            environment: environment
        ).wait(seconds: 120)
    }

    @Test(.needs(.pythonPackage("moto"))) func whatStandsInS3IsTheReplaysWholeSetOfDocuments() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal")
        let account = try Account(folder)
        let lines = try replay(folder, [:], ["--sink", "ndjson:-"]).text.split(separator: "\n").map(String.init)
        #expect(lines.count == Self.posts)
        let first = try replay(folder, account.environment, ["--sink", "firehose:posts", "--checkpoint", "a"])
        #expect(first.status == 0 && first.errors.contains("\(Self.posts) records in 4 calls"), "\(first.errors)")
        #expect(try account.objects().sorted() == lines.sorted())
        // Again from the checkpoint: nothing more; packed: all of it once more, in fewer records.
        let again = try replay(folder, account.environment, ["--sink", "firehose:posts", "--checkpoint", "a"])
        #expect(again.status == 0, "\(again.errors)")
        let packed = try replay(
            folder,
            account.environment,
            ["--sink", "firehose:posts", "--pack", "5KB", "--json"]
        )
        #expect(packed.status == 0, "\(packed.errors)")
        let books = try #require(
            JSONSerialization.jsonObject(with: packed.output) as? [String: Any]
        )
        let firehose = try #require(books["firehose"] as? [String: Int])
        #expect(books["accepted"] as? Int == Self.posts)
        #expect((firehose["billed_bytes"] ?? 0) * 3 < firehose["unpacked_bytes"] ?? 0)
        #expect(try account.objects().sorted() == (lines + lines).sorted())
    }

    @Test(.needs(.pythonPackage("moto"))) func whatAWSRefusesEndsWithTheNextStepAndNoSecret() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal")
        let account = try Account(folder)
        var wrong = account.environment
        wrong["AWS_SECRET_ACCESS_KEY"] = "canary-secret-93ab"
        let refused = try replay(folder, wrong, ["--sink", "firehose:posts"])
        #expect(
            refused.status == 75 && refused.errors.contains("does not accept these credentials"),
            "\(refused.errors)"
        )
        #expect(!refused.errors.contains("canary"))
        let missing = try replay(folder, account.environment, ["--sink", "firehose:others"])
        #expect(missing.status == 75 && missing.errors.contains("no delivery stream 'others'"), "\(missing.errors)")
    }

    @Test func whatIsNotSetIsSaidBeforeAnythingIsSent() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal")
        let off = ["AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"]
        let sink = ["--sink", "firehose:posts"]
        let without = try replay(folder, off, sink)
        #expect(without.status == 78 && without.errors.contains("no AWS credentials were found"), "\(without.errors)")
        let nowhere = try replay(folder, [:], sink)
        #expect(nowhere.status == 78 && nowhere.errors.contains("AWS_REGION"), "\(nowhere.errors)")
        let clear = try replay(folder, off.merging(["AWS_ENDPOINT_URL": "http://aws.example"]) { $1 }, sink)
        #expect(clear.status == 78 && clear.errors.contains("plain http"), "\(clear.errors)")
        let other = try replay(folder, off, ["--sink", "null:", "--raw"])
        #expect(other.status == 64 && other.errors.contains("firehose:STREAM"), "\(other.errors)")
        let both = try replay(folder, off, sink + ["--raw", "--pack", "5KB"])
        #expect(both.status == 64 && both.errors.contains("--pack"), "\(both.errors)")
    }
}
