import Foundation
import Journal
import TestSupport
import Testing

/// The machine's own calls fail once, each in turn, under a replay into a local sink; the next start makes it good.
@Suite(.timeLimit(.minutes(60)))
struct FailingCallTests {
    private static let kinds = ["sync", "write", "rename", "open"]

    /// A call to fail: the how-manieth of its kind, and how.
    private struct Failure: CustomStringConvertible {
        /// The part of the folder whose calls count.
        let scope: String
        var kind = "none"
        var place = 0
        var error = CInt(0)

        var description: String { "\(kind) \(place) below '\(scope)' with \(error == EIO ? "EIO" : "ENOSPC")" }
    }

    /// A journal with a sealed segment and some bytes that are in its tail alone, as a killed recorder leaves it.
    private static func record(_ journal: String, in folder: TemporaryFolder) throws {
        let open = folder.path + "/open"
        for (start, isClosed) in [(0, true), (2_300, false)] {
            let writer = try JournalWriter(directory: open, source: .filtered)
            for id in start..<start + 300 + (isClosed ? 2_000 : 0) {
                // Every fifth is a newer version of an older post.
                let post = """
                    {"data":{"id":"\(id.isMultiple(of: 5) ? id / 5 : id)","text":"post \(id)","lang":"en",\
                    "public_metrics":{"retweet_count":0,"reply_count":1,"like_count":\(id),"quote_count":0}},\
                    "matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                    """
                try Array(post.utf8).withUnsafeBytes { try writer.append($0) }
            }
            if !isClosed { try FileManager.default.copyItem(atPath: open, toPath: journal) }
            try writer.close()
        }
    }

    @Test(.needs(.cCompiler, .tool("python3")), arguments: ["ndjson:sink/f.ndjson", "sqlite:sink/f.sqlite"])
    func oneCallThatFailsLosesNoDocumentAndDoublesNone(sink: String) throws {
        let folder = try TemporaryFolder()
        let trial = Trial(folder: folder, sink: sink)
        let original = trial.original + trial.place
        try FileManager.default.createDirectory(atPath: original + "/sink", withIntermediateDirectories: true)
        try Self.record(original + "/journal", in: folder)
        try trial.begin()
        let clean = try trial.replay()
        #expect(clean.status == 0, "\(clean.errors)")
        let expected = try trial.content()
        #expect(expected.count > 2_000)

        // The sink's own files first: a sample of all calls would hardly meet their few syncs.
        var random = SeededRandom()
        for scope in ["/sink", ""] {
            try trial.begin()
            #expect(try trial.replay(failing: Failure(scope: scope)).status == 0)
            let counts = try trial.counts()
            #expect(counts[0] > 1 && counts[1] > 1 && counts[3] > 0, "\(counts)")
            let failures = zip(Self.kinds, counts).flatMap { kind, count in
                (0..<count).map {
                    Failure(scope: scope, kind: kind, place: $0 + 1, error: $0.isMultiple(of: 2) ? EIO : ENOSPC)
                }
            }
            for failure in Self.sample(of: failures, isSinksOwn: !scope.isEmpty, &random) {
                try check(trial, failure, expected, "\(sink), \(failure), \(random)")
            }
        }
    }

    /// In the small form every sync of the sink's files, and a few of everything else.
    private static func sample(
        of failures: [Failure],
        isSinksOwn: Bool,
        _ random: inout SeededRandom
    ) -> [Failure] {
        guard TrialSize.calls < Int.max else { return failures }
        return kinds.flatMap { kind in
            let all = failures.filter { $0.kind == kind }
            let count = isSinksOwn && kind == "sync" ? all.count : TrialSize.calls / 6
            return all.shuffled(using: &random).prefix(count)
        }
    }

    private func check(_ trial: Trial, _ failure: Failure, _ expected: [String], _ what: String) throws {
        try trial.begin()
        let broken = try trial.replay(failing: failure)
        let hasFailed = try trial.counts()[4] == 1
        let place = "\(what): \(broken.status) \(broken.errors)"
        #expect(!broken.wasKilled && (broken.status == 0 || hasFailed), "\(place)")
        try trial.loseWhatWasNotSynced()
        // What ended well must have been tried again, and not only said so.
        let isWhole = try broken.status != 0 || trial.content() == expected
        #expect(isWhole, "\(place)")
        let next = try trial.replay()
        #expect(next.status == 0, "\(place); then \(next.errors)")
        let found = difference(try trial.content(), expected)
        #expect(found == nil, "\(found ?? "") after \(place)")
    }

    private func difference(_ lines: [String], _ expected: [String]) -> String? {
        if lines == expected { return nil }
        let place = zip(lines, expected).prefix { $0 == $1 }.count
        return
            "\(lines.count) lines for \(expected.count); from line \(place) on: \(lines.dropFirst(place).first ?? "none")"
    }

    /// A folder that is made anew for each failure, and the program in it.
    private struct Trial {
        let folder: TemporaryFolder
        let sink: String

        var place: String { folder.path + "/trial" }
        /// The folder as it is before each replay, under its whole path.
        var original: String { folder.path + "/original" }
        private var log: String { folder.path + "/log" }
        private var countsFile: String { folder.path + "/counts" }
        private var file: String { place + "/" + sink.split(separator: ":")[1] }

        func begin() throws {
            for old in [place, log, countsFile] where FileManager.default.fileExists(atPath: old) {
                try FileManager.default.removeItem(atPath: old)
            }
            try FileManager.default.copyItem(atPath: original + place, toPath: place)
        }

        func replay(failing call: Failure? = nil) throws -> RunningProgram.Result {
            let address = sink.replacingOccurrences(of: ":", with: ":\(place)/")
            let words = ["replay", "--journal", place + "/journal", "--checkpoint", "a", "--sink", address]
            let environment =
                try call.map {
                    try PreloadedLibrary.failingCalls.environment([
                        "FAIL_BELOW": place + $0.scope, "FAIL_COUNTS": countsFile, "FAIL_LOG": log,
                        "FAIL_KIND": $0.kind,
                        "FAIL_AT": "\($0.place)", "FAIL_ERRNO": "\($0.error)",
                    ])
                } ?? [:]
            let program = try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment)
            return try program.wait(seconds: 60)
        }

        /// Calls of each kind, then how many of them failed.
        func counts() throws -> [Int] {
            let data = try Data(contentsOf: URL(fileURLWithPath: countsFile))
            return data.withUnsafeBytes { $0.bindMemory(to: UInt64.self).map { Int($0) } }
        }

        func loseWhatWasNotSynced() throws {
            let words = [Surroundings.peer("disk_after_failure.py"), original, log]
            try output(of: Surroundings.path(.tool("python3")), words, in: folder)
        }

        /// What the sink holds, a line each; none where there is none.
        func content() throws -> [String] {
            guard FileManager.default.fileExists(atPath: file) else { return [] }
            if sink.hasPrefix("sqlite:") { return try TableContent.rows(file) }
            return String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
    }
}
