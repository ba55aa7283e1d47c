import Foundation
import Journal
import TestSupport
import Testing
import Time

/// The command into a real S3 server, which checks every signature: replays, halves, kills and followers leave the same objects.
@Suite(.timeLimit(.minutes(60)), .serialized)
struct S3Tests {
    private static let posts = 3_000
    private static let start = Timestamp(microseconds: 1_764_252_000_000_000)

    /// Posts over two hours; with `bulk`, one window holds an object of several parts.
    private func record(_ path: String, bulk: Bool = false) throws {
        let clock = ManualClock(Self.start + .seconds(100))
        let writer = try JournalWriter(directory: path, source: .filtered, clock: clock.clock)
        var random = SeededRandom(seed: 7)
        func append(_ number: Int, _ text: String) throws {
            let line =
                "{\"data\":{\"id\":\"\(number)\",\"text\":\"\(text)\",\"public_metrics\":{\"like_count\":\(number)}},"
                + "\"matching_rules\":[{\"id\":\"1\",\"tag\":\"cats\"}]}\r\n"
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
        for number in 0..<Self.posts {
            try append(number, "post \(number) \\u00e9 🐈")
            clock.advance(by: .milliseconds(2_400))
        }
        if bulk {
            for number in 0..<3_000 {
                // Nothing that a compressor could shorten by much.
                let text = (0..<300).map { _ in String(random.next(), radix: 36) }.joined()
                try append(Self.posts + number, text)
            }
        }
        try writer.close()
    }

    private func replay(
        _ folder: TemporaryFolder,
        _ environment: [String: String],
        _ arguments: [String]
    ) throws -> RunningProgram {
        try RunningProgram(
            Surroundings.reprise(),
            ["replay", "--journal", "\(folder.path)/journal"] + arguments,
            in: folder,
            environment: environment
        )
    }

    private func whole(
        _ folder: TemporaryFolder,
        _ environment: [String: String],
        _ arguments: [String]
    ) throws -> RunningProgram.Result {
        let result = try replay(folder, environment, arguments).wait(seconds: 120)
        #expect(result.status == 0, "\(arguments) \(result.errors)")
        return result
    }

    /// Objects without the prefix in front of their keys.
    private func objects(_ peer: S3Peer, _ prefix: String) throws -> [String: Data] {
        let found = try peer.objects(below: "\(prefix)/").map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) }
        return Dictionary(uniqueKeysWithValues: found)
    }

    @Test(.needs(S3Peer.self)) func everyWayThroughARangeLeavesTheSameObjects() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal", bulk: true)
        let peer = try S3Peer("\(folder.path)/s3")
        let first = try whole(folder, peer.environment, ["--sink", "s3:documents/a"])
        let objects = try objects(peer, "a")
        #expect(objects.count == 9 && objects.values.contains { $0.count > 6 << 20 })
        #expect(first.errors.contains("s3         9 objects"), "\(first.errors)")
        let again = try whole(folder, peer.environment, ["--sink", "s3:documents/a", "--json"])
        let books = try #require(JSONSerialization.jsonObject(with: again.output) as? [String: Any])
        #expect(books["accepted"] as? Int == Self.posts + 3_000)
        #expect((books["s3"] as? [String: Int])?["found_objects"] == 9)
        #expect(try self.objects(peer, "a") == objects)
        // In two halves.
        for range in [["--to", "2025-11-27T15:00:00Z"], ["--from", "2025-11-27T15:00:00Z"]] {
            _ = try whole(folder, peer.environment, ["--sink", "s3:documents/b"] + range)
        }
        #expect(try self.objects(peer, "b") == objects)
        // Killed at instants that nobody chose, and resumed.
        var random = SeededRandom()
        let words = ["--sink", "s3:documents/c", "--checkpoint", "c"]
        for _ in 0..<(TrialSize.kills / 2) {
            let program = try replay(folder, peer.environment, words)
            sleepMilliseconds(Int.random(in: 0..<700, using: &random))
            program.send(SIGKILL)
            _ = try program.wait(seconds: 10)
        }
        _ = try whole(folder, peer.environment, words)
        #expect(try self.objects(peer, "c") == objects, "\(random)")
        #expect(try openUploads(folder, peer) == 0)
    }

    /// Uploads that nobody completed or ended.
    private func openUploads(_ folder: TemporaryFolder, _ peer: S3Peer) throws -> Int {
        let multipart = peer.path(".sgwtmp/multipart")
        let keys = (try? FileManager.default.contentsOfDirectory(atPath: multipart)) ?? []
        return try keys.reduce(0) { sum, key in
            try sum + FileManager.default.contentsOfDirectory(atPath: "\(multipart)/\(key)").count
        }
    }

    @Test(.needs(S3Peer.self)) func aFollowerLeavesTheObjectsOfALaterReplay() throws {
        let folder = try TemporaryFolder()
        let peer = try S3Peer("\(folder.path)/s3")
        let recording = try Recording(in: folder, simulator: ["--rate", "100"])
        try recording.until(bytes: 20_000)
        let form = ["--s3-window", "1s", "--s3-compression", "gzip"]
        let words = ["--checkpoint", "live", "--sink", "s3:documents/live", "--follow"] + form
        for round in 1...3 {
            let program = try replay(folder, peer.environment, words)
            let before = try objects(peer, "live").count
            _ = try until("objects of a follower; \(program.errors)", seconds: 120) {
                try objects(peer, "live").count > before + 2 ? true : nil
            }
            program.send(round == 2 ? SIGKILL : SIGTERM)
            let result = try program.wait(seconds: 20)
            #expect(round == 2 || result.status == 0, "\(result.status) \(result.errors)")
        }
        try recording.stop()
        _ = try whole(folder, peer.environment, ["--sink", "s3:documents/later"] + form)
        let (live, later) = (try objects(peer, "live"), try objects(peer, "later"))
        #expect(live.count >= 9 && later.count > live.count)
        for (key, bytes) in live { #expect(later[key] == bytes, "\(key)") }
        // What was written is a row from the first on: nothing is missing between.
        #expect(later.keys.sorted().prefix(live.count) == live.keys.sorted()[...])
    }

    @Test(.needs(S3Peer.self), .needs(.pythonPackage("duckdb"))) func duckDBCountsWhatTheReplayCounted() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal")
        let peer = try S3Peer("\(folder.path)/s3")
        for (compression, suffix) in [("zstd", "zst"), ("gzip", "gz"), ("none", "ndjson")] {
            let prefix = "of-\(compression)"
            let sink = ["--sink", "s3:documents/\(prefix)", "--s3-compression", compression, "--json"]
            let result = try whole(folder, peer.environment, sink)
            let books = try #require(JSONSerialization.jsonObject(with: result.output) as? [String: Any])
            let accepted = try #require(books["accepted"] as? Int)
            let script = """
                import duckdb, sys
                print(duckdb.sql(f'''select count(*), count(distinct tweet_id), min(source), min("date")::varchar,
                    count(distinct hour), max(likes) from read_json('{sys.argv[1]}/**/*.\(suffix)',
                    format='newline_delimited', hive_partitioning=true)''').fetchall()[0])
                """
            let text = try output(
                of: Surroundings.path(.python),
                ["-c", script, peer.path(prefix)],
                in: folder
            )
            let row = String(decoding: text, as: UTF8.self)
            #expect(row.hasPrefix("(\(accepted), \(accepted), 'filtered', '2025-11-27', 3, \(accepted - 1))"), "\(row)")
        }
    }

    @Test(.needs(S3Peer.self)) func whatS3RefusesEndsWithTheNextStepAndNoSecret() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal")
        let peer = try S3Peer("\(folder.path)/s3")
        let missing = try replay(folder, peer.environment, ["--sink", "s3:others/a"]).wait()
        #expect(missing.status == 75 && missing.errors.contains("there is no bucket 'others'"), "\(missing.errors)")
        var wrong = peer.environment
        wrong["AWS_SECRET_ACCESS_KEY"] = "canary-secret-93ab"
        let refused = try replay(folder, wrong, ["--sink", "s3:documents/a"]).wait()
        #expect(
            refused.status == 75 && refused.errors.contains("does not accept these credentials"),
            "\(refused.errors)"
        )
        #expect(!refused.errors.contains("canary"))
        let off = ["AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"]
        let without = try replay(folder, off, ["--sink", "s3:documents/a"]).wait()
        #expect(without.status == 78 && without.errors.contains("no AWS credentials were found"), "\(without.errors)")
        let away = try replay(
            folder,
            off.merging([
                "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "secret-93ab",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            ]) { $1 },
            ["--sink", "s3:documents/a", "--give-up-after", "1s"]
        ).wait()
        #expect(away.status == 75, "\(away.errors)")
        for (arguments, word) in [
            (["--sink", "s3:documents", "--s3-window", "7s"], "divide a day"),
            (["--sink", "s3:documents", "--s3-compression", "lz4"], "zstd, gzip or none"),
            (["--sink", "s3:documents", "--raw"], "firehose:STREAM"),
            (["--sink", "null:", "--s3-window", "1m"], "s3:BUCKET/PREFIX"),
            (["--sink", "s3:D"], "names no bucket"),
            (["--sink", "opensearch:http://127.0.0.1:9/posts", "--search-aws", "iam"], "es or aoss"),
        ] {
            let result = try replay(folder, peer.environment, arguments).wait()
            #expect(result.status == 64 && result.errors.contains(word), "\(arguments) \(result.errors)")
        }
    }

    /// An open engine does not look at who signs; that it is asked in its own way shows here.
    @Test(.needs(.opensearch)) func aSignedDeliveryReachesARealEngine() async throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal")
        let url = try await SearchPeer.opensearch.url()
        let alias = "t\(UUID().uuidString.lowercased().prefix(13))"
        let environment = [
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "canary-secret-93ab",
        ]
        let sink = ["--sink", "opensearch:\(url)/\(alias)", "--search-aws", "es"]
        let result = try whole(folder, environment, sink)
        #expect(result.errors.contains("\(Self.posts) accepted"), "\(result.errors)")
        let both = try replay(folder, environment.merging(["REPRISE_SEARCH_USERNAME": "a"]) { $1 }, sink).wait()
        #expect(both.status == 78 && both.errors.contains("--search-aws"), "\(both.errors)")
    }

    @Test(.needs(.pythonPackage("moto"))) func aSecondServerTakesTheSameObjects() throws {
        let folder = try TemporaryFolder()
        try record("\(folder.path)/journal", bulk: true)
        let program = try RunningProgram(
            Surroundings.path(.python),
            [Surroundings.peer("firehose.py"), folder.path],
            in: folder
        )
        let words = try program.firstLine(seconds: 60).split(separator: " ").map(String.init)
        let environment = [
            "AWS_ENDPOINT_URL": words[0], "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": words[1],
            "AWS_SECRET_ACCESS_KEY": words[2],
        ]
        let sink = ["--sink", "s3:documents/a", "--s3-compression", "none"]
        _ = try whole(folder, environment, sink)
        let again = try whole(folder, environment, sink)
        #expect(
            again.errors.contains("9 objects of") && again.errors.contains("9 of them were there"),
            "\(again.errors)"
        )
        _ = FileManager.default.createFile(atPath: "\(folder.path)/ask", contents: Data())
        let path = "\(folder.path)/objects"
        let text = try until("the objects; \(try program.errors.suffix(500))") {
            try? String(contentsOfFile: path, encoding: .utf8)
        }
        let lines = try whole(folder, [:], ["--sink", "ndjson:-"]).text
        #expect(text == lines)
    }
}
