import Foundation
import Simulator
import TestSupport
import Testing

/// X's own description of its API holds for every request that Reprise sends, and for every answer that it simulates.
@Suite(.timeLimit(.minutes(20)), .needs(.pythonPackage("jsonschema"), .sharedData(.openAPI)))
struct XContractTests {
    private struct Report: Decodable {
        let seen: [String: Int]
        let wrong: [String]
    }

    private static let token = "canary-contract"

    /// A simulator, and the proxy in front of it that compares.
    private final class Pair {
        let folder: TemporaryFolder
        let simulator: RunningProgram
        let proxy: RunningProgram
        let url: String

        init(_ arguments: [String]) throws {
            folder = try TemporaryFolder()
            simulator = try RunningProgram(
                Surroundings.reprise(),
                ["simulate", "--port", "0"] + arguments,
                in: folder,
                environment: ["REPRISE_SIMULATOR_TOKEN": XContractTests.token]
            )
            proxy = try RunningProgram(
                Surroundings.path(.python),
                [Surroundings.peer("x_contract.py"), SharedData.openAPI.path, simulator.firstLine()],
                in: folder
            )
            url = try proxy.firstLine()
        }

        deinit {
            proxy.send(SIGTERM)
            simulator.send(SIGTERM)
        }

        func reprise(_ arguments: [String]) throws {
            try output(
                of: Surroundings.reprise(),
                arguments,
                in: folder,
                environment: ["X_API_URL": url, "BEARER_TOKEN": XContractTests.token]
            )
        }

        /// Sends a request by curl's own hand; returns the body.
        @discardableResult
        func ask(_ target: String, _ more: String...) throws -> String {
            let words = ["-sS", "-g", "-H", "Authorization: Bearer \(XContractTests.token)", url + target] + more
            return String(decoding: try output(of: Surroundings.path(.tool("curl")), words, in: folder), as: UTF8.self)
        }

        func report() throws -> Report { try JSONDecoder().decode(Report.self, from: Data(ask("/_report").utf8)) }
    }

    private static let rules = """
        - value: '#cat has:images'
          tag: cats
        - value: '#dog has:images'
          tag: dogs
        """

    @Test func everyRequestThatIsSentAndItsAnswerAreAsDescribed() throws {
        let pair = try Pair(["--lookups", "--rate", "300", "--speed", "2000"])
        let file = "\(pair.folder.path)/rules.yaml"
        try Self.rules.write(toFile: file, atomically: true, encoding: .utf8)
        try pair.reprise(["rules", "list"])
        try pair.reprise(["rules", "diff", file])
        try pair.reprise(["rules", "apply", file, "--dry-run", "--prune"])
        try pair.reprise(["rules", "apply", file, "--prune", "--yes"])
        try Self.rules.replacingOccurrences(of: "cats", with: "felines").write(
            toFile: file,
            atomically: true,
            encoding: .utf8
        )
        let journal = "\(pair.folder.path)/journal"
        try pair.reprise(["record", "--journal", journal, "--rules", file, "--budget", "120"])
        let report = try pair.report()
        #expect(report.wrong.isEmpty, "\(report.wrong.joined(separator: "\n"))")
        for operation in ["GET /2/tweets/search/stream/rules 200", "POST /2/tweets/search/stream/rules 200"] {
            #expect(report.seen[operation, default: 0] > 2, "\(report.seen)")
        }
        #expect(report.seen["GET /2/tweets/search/stream 200"] == 1 && report.seen["records", default: 0] >= 120)
    }

    @Test func aRefreshIsAsDescribed() throws {
        let trial = try RefreshTrial(posts: 150) {
            $0.fates.deletedPerMille = 200
            $0.fates.withheldPerMille = 200
            $0.fates.meanDelay = .seconds(1_800)
        }
        let proxy = try RunningProgram(
            Surroundings.path(.python),
            [Surroundings.peer("x_contract.py"), SharedData.openAPI.path, trial.simulator.url],
            in: trial.folder
        )
        defer { proxy.send(SIGTERM) }
        let url = try proxy.firstLine()
        let result = try trial.start(["--budget", "1000/day"], environment: ["X_API_URL": url]).wait(seconds: 60)
        #expect(result.status == 0, "\(result.errors)")
        let said = try output(of: Surroundings.path(.tool("curl")), ["-sS", url + "/_report"], in: trial.folder)
        let report = try JSONDecoder().decode(Report.self, from: said)
        #expect(report.wrong.isEmpty, "\(report.wrong.joined(separator: "\n"))")
        #expect(report.seen["GET /2/tweets 200", default: 0] > 0, "\(report.seen)")
    }

    @Test func everyAnswerThatIsSimulatedIsAsDescribed() throws {
        let pair = try Pair(["--lookups", "--rate", "500", "--speed", "5000"])
        let tweet =
            "tweet.fields=attachments,author_id,conversation_id,created_at,lang,paid_partnership,possibly_sensitive,"
            + "public_metrics,referenced_tweets,withheld,edit_history_tweet_ids"
        let old = "expansions=author_id,attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id"
        let objects =
            "user.fields=created_at,description,protected,public_metrics,verified&media.fields=duration_ms,height,"
            + "preview_image_url,public_metrics,type,url,width"
        let stream = "/2/tweets/search/stream"
        let journal = "\(pair.folder.path)/journal"
        try pair.reprise([
            "record", "--journal", journal, "--budget", "150", "--fields",
            String(tweet.dropFirst("tweet.fields=".count)), "--expansions", String(old.dropFirst("expansions=".count)),
        ])
        let records = try output(
            of: Surroundings.reprise(),
            ["journal", "cat", "--journal", journal],
            in: pair.folder
        )
        let ids = String(decoding: records, as: UTF8.self).split(whereSeparator: \.isNewline).prefix(150).compactMap {
            line in
            let record = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
            return (record?["data"] as? [String: Any])?["id"] as? String
        }
        try #require(ids.count == 150)
        let onPurpose = ["-H", "X-Wrong-On-Purpose: yes"]
        let new =
            "post.fields=attachments,conversation_id,created_at,lang,paid_partnership,possibly_sensitive,public_metrics,"
            + "withheld&expansions=author_id,attachments.media_keys,referenced_posts,edit_history_post_ids"
        for part in [ids.prefix(100), ids.dropFirst(100)] {
            let list = part.joined(separator: ",")
            try pair.ask("/2/tweets?ids=\(list)&\(new)&\(objects)")
            // The old spelling is not described for lookups, and answered all the same.
            try pair.ask("/2/tweets?ids=\(list)&\(tweet)&\(old)&\(objects)", onPurpose[0], onPurpose[1])
        }
        for id in ids.prefix(20) { try pair.ask("/2/tweets/\(id)?\(new)") }
        try pair.ask("/2/tweets/20?\(new)")
        try pair.ask(
            "/2/usage/tweets?usage.fields=cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap"
        )
        try pair.ask("\(stream)/rules/counts")
        try pair.ask("\(stream)/rules?max_results=2")
        let body = ["-H", "Content-Type: application/json", "-d"]
        for json in [
            ##"{"add":[{"value":"#fox","tag":"f"},{"value":"#fox"},{"value":"has:images"}]}"##,
            #"{"add":[{"value":"("}]}"#,
            #"{"delete":{"ids":["7"]}}"#, ##"{"delete":{"values":["#fox"]}}"##,
        ] { try pair.ask("\(stream)/rules?dry_run=false", body[0], body[1], body[2], json) }
        try pair.ask("/2/connections?status=all&connection.fields=client_ip,connected_at,disconnect_reason,id")
        try pair.ask("/2/connections/all", "-X", "DELETE")
        try pair.ask("/2/connections/filtered_stream", "-X", "DELETE")
        try pair.ask("/2/connections", "-X", "DELETE", body[0], body[1], body[2], #"{"uuids":["nobody"]}"#)
        for wrong in [
            "\(stream)?tweet.fields=x", "/2/tweets?ids=x", "/2/tweets?ids=1&x=1", "/2/tweets/x",
            "\(stream)/rules?max_results=0",
        ] {
            try pair.ask(wrong, onPurpose[0], onPurpose[1])
        }
        try pair.ask("\(stream)/rules", "-H", "Authorization: Bearer other")
        let report = try pair.report()
        #expect(report.wrong.isEmpty, "\(report.wrong.joined(separator: "\n"))")
        for operation in [
            "GET /2/tweets 200", "GET /2/tweets 400", "GET /2/tweets/{id} 200", "GET /2/usage/tweets 200",
            "GET /2/connections 200", "DELETE /2/connections 200", "DELETE /2/connections/all 200",
            "DELETE /2/connections/{endpoint_id} 200", "GET /2/tweets/search/stream/rules/counts 200",
        ] { #expect(report.seen[operation, default: 0] > 0, "\(operation): \(report.seen)") }
    }
}
