import Foundation
import TestSupport
import Testing
import Time

@testable import Transform

@Suite struct OriginalLambdaTests {
    /// The original pipeline's handler over real posts: its six fields, in its order, agree with ours.
    private let original = """
        import json, sys
        lines, documents = sys.argv[1], sys.argv[2]
        n = 0
        for line, ours in zip(open(lines, 'rb'), open(documents, 'rb'), strict=True):
            p = json.loads(line)
            d = p['data']
            m = d['public_metrics']
            six = {'tweet_id': d['id'], 'retweets': m['retweet_count'], 'replies': m['reply_count'], 'likes': m['like_count'],
                   'category': p['matching_rules'][0]['tag'], 'timestamp': 1780000000123}
            assert list(json.loads(ours).items())[:6] == list(six.items()), (six, ours)
            n += 1
        print(n)
        """

    @Test(.needs(.stream))
    func theSixFieldsOfEveryRealPostAreThoseOfTheOriginal() throws {
        let folder = try TemporaryFolder()
        let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.stream.path))
        var lines: [String] = []
        var documents: [String] = []
        for line in data.split(separator: 10) {
            let record = line.last == 13 ? line.dropLast() : line
            guard !record.isEmpty else { continue }
            let (outcome, made) = transform(Array(record))
            #expect(outcome == .yielded(made.count))
            // An edited post's older versions get tombstones.
            #expect(made.dropFirst().allSatisfy { $0.hasSuffix(#","gone":true}"#) })
            lines.append(String(decoding: record, as: UTF8.self))
            documents.append(made.first ?? "nothing")
        }
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: folder.path + "/lines",
            atomically: true,
            encoding: .utf8
        )
        try (documents.joined(separator: "\n") + "\n").write(
            toFile: folder.path + "/documents",
            atomically: true,
            encoding: .utf8
        )
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", original, folder.path + "/lines", folder.path + "/documents"]
        let output = Pipe()
        process.standardOutput = output
        try process.start()
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(printed == "\(lines.count)\n")
        #expect(lines.count > 300)
    }
}
