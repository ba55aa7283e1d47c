import Foundation
import Journal
import TestSupport
import Testing

/// Whatever goes wrong beside it, the capture goes on, byte for byte, and a request to stop is heard.
@Suite(.timeLimit(.minutes(30)))
struct BesideTests: Sendable {
    private static let rate = 250

    /// A stream that lasts for the size of the trials; with errors between the posts where the recorder is to log a lot.
    private func write(to path: String, withErrors: Bool) throws {
        let error =
            #"{"errors":[{"title":"Forbidden","detail":"Not authorized to see a referenced post.","#
            + #""type":"https://api.twitter.com/2/problems/not-authorized-for-resource"}]}"#
        let text = (0..<Self.rate * TrialSize.seconds).map { id in
            if withErrors, !id.isMultiple(of: 4) { return error + "\r\n" }
            return """
                {"data":{"id":"\(id + 1)","text":"post \(id), as long as posts are","lang":"en","author_id":"7",\
                "public_metrics":{"retweet_count":0,"reply_count":1,"like_count":\(id % 11),"quote_count":0}},\
                "matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                """
        }
        try Data(text.joined().utf8).write(to: URL(fileURLWithPath: path))
    }

    /// What the simulator has sent, all connections in order.
    private func sent(_ folder: String) throws -> Data {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return try names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }.reduce(into: Data()) {
            $0 += try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($1)"))
        }
    }

    private func raw(_ journal: String) throws -> Data {
        let journal = try Journal(directory: journal)
        guard try journal.sources().contains(.filtered) else { return Data() }
        var bytes = Data()
        _ = try RecordCopy.bytes(
            of: journal,
            source: .filtered,
            from: .beginning,
            to: .offset(journal.endOffset(of: .filtered))
        ) { bytes.append(contentsOf: $0) }
        return bytes
    }

    @Test func theJournalHasEveryByteAndTheProgramEndsWhenTold() {
        let found = sideBySide(Situation.allCases.filter { $0 != .fullSecondDisk }) { try problems(of: $0) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test(.needs(.ownDisk)) func aFullDiskOfASinkLeavesTheJournalAlone() throws {
        let found = try problems(of: .fullSecondDisk)
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    /// What a situation did to the recording, in words.
    private func problems(of situation: Situation) throws -> [String] {
        let folder = try TemporaryFolder()
        let file = folder.path + "/posts"
        try write(to: file, withErrors: situation.logsMuch)
        let size = try Data(contentsOf: URL(fileURLWithPath: file)).count
        let log = folder.path + "/sent"
        let words = ["simulate", "--port", "0", "--file", file, "--once", "--rate", "\(Self.rate)", "--sent-log", log]
        let simulator = try RunningProgram(Surroundings.reprise(), words, in: folder)
        let made = try MadeSituation(situation, in: folder)
        let program = try made.start(simulator.firstLine())
        _ = try until("the first posts", seconds: 30) { try !program.isRunning || !sent(log).isEmpty ? true : nil }
        try made.begin(program)

        // A recorder that stands still is not sent anything any more.
        let limit = Double(TrialSize.seconds) + 20
        _ = try? until("all of it in the journal", seconds: limit) {
            try !program.isRunning || raw(made.journal).count >= size ? true : nil
        }
        var found = program.isRunning ? [] : ["ended by itself"]
        let (bytes, expected) = (try raw(made.journal), try sent(log))
        if bytes.count < size { found.append("\(bytes.count) of \(size) bytes in the journal, \(expected.count) sent") }
        if !expected.starts(with: bytes) { found.append("other bytes in the journal than were sent") }

        let stop = ContinuousClock.now
        program.send(SIGTERM)
        let result: RunningProgram.Result
        do { result = try program.wait(seconds: 30) } catch { return found + ["SIGTERM is not heard within 30 s"] }
        let took = ContinuousClock.now - stop
        if result.status != 0 || result.wasKilled { found.append("ended with \(result.status)") }
        if took > .seconds(TrialSize.limit(5)) { found.append("ended only after \(took)") }
        if try !raw(made.journal).starts(with: bytes) { found.append("the journal has lost bytes since") }
        return found.isEmpty ? [] : found + ["it said: \(result.errors.suffix(600))"]
    }
}
