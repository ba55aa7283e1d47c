import Foundation
import Journal
import Lifecycle
import Replayer
import Sinks
import TestSupport
import Testing
import Time
import Transform

@testable import Refresher

/// A journal whose records a test writes itself, at times of its own: sightings, and lookups with their questions.
final class HandmadeJournal {
    let folder: TemporaryFolder
    let clock = ManualClock(Timestamp(microseconds: 1_780_000_000_000_000))
    var path: String { folder.path + "/journal" }
    private let stream: JournalWriter
    private let lookups: LookupJournal

    init() throws {
        folder = try TemporaryFolder()
        stream = try JournalWriter(directory: folder.path + "/journal", source: .filtered, clock: clock.clock)
        lookups = try LookupJournal(
            JournalAccess(folder.path + "/journal"),
            origin: "simulator",
            clock: clock.clock
        )
    }

    func close() throws {
        try stream.close()
        try lookups.close()
    }

    private func post(_ id: UInt64, likes: Int) -> String {
        #"{"id":"\#(id)","text":"text \#(id)","public_metrics":{"like_count":\#(likes)}}"#
    }

    func sight(_ id: UInt64, likes: Int, tags: [String]) throws {
        clock.advance(by: .seconds(60))
        let rules = tags.map { #"{"id":"1","tag":"\#($0)"}"# }.joined(separator: ",")
        let record = #"{"data":\#(post(id, likes: likes)),"matching_rules":[\#(rules)]}"# + "\r\n"
        try Array(record.utf8).withUnsafeBytes { try stream.append($0) }
    }

    /// Looks posts up as the refresher would: asked with what `posts.sqlite` knows of them.
    func lookUp(_ likes: [UInt64: Int?]) throws {
        let file = try PostsFile(journal: path, schedule: RefreshSchedule())
        try replay(PostsSink(file))
        clock.advance(by: .seconds(60))
        let posts = try likes.keys.sorted().map { id in
            let state = try #require(try file.state(of: id))
            return Question.Post(id: id, arrival: try #require(state.sighted), rules: state.rules)
        }
        let number = lookups.nextNumber()
        try lookups.ask(Question(posts), number: number)
        clock.advance(by: .seconds(1))
        let found = likes.compactMap { id, likes in likes.map { post(id, likes: $0) } }
        let type = "https://api.x.com/2/problems/resource-not-found"
        let missing = likes.filter { $0.value == nil }.keys.map { #"{"resource_id":"\#($0)","type":"\#(type)"}"# }
        let body = #"{"data":[\#(found.joined(separator: ","))],"errors":[\#(missing.joined(separator: ","))]}"#
        try lookups.answer(Array(body.utf8), number: number)
        let gone = likes.filter { $0.value == nil }.keys.sorted()
        if !gone.isEmpty { try lookups.believe(gone, [("why", .string("plausible"))]) }
        try lookups.sync()
    }

    func replay(_ sink: any Sink, _ configuration: ReplayConfiguration = .init()) throws {
        let replayer = Replayer(journal: try Journal(directory: path), configuration: configuration, sink: sink)
        try replayer.run(ShutdownSignal())
        #expect(replayer.currentBooks.isComplete, "\(replayer.currentBooks)")
    }

    /// An index that gets the ranges given, in that order.
    func index(_ name: String, _ parts: [ReplayConfiguration]) throws -> String {
        let path = "\(folder.path)/\(name).sqlite"
        for part in parts {
            try replay(SQLiteSink(path: path, transformDigest: Replayer.transformDigest), part)
        }
        return path
    }
}
