import HTTPClient
import Synchronization
import TestSupport
import Testing
import XAPI

/// A change of rules is what a list of them shows afterwards, whatever X answered to the change itself.
@Suite(.timeLimit(.minutes(20)))
struct RuleChangeTests {
    /// Answers changes as scripted, and lists as scripted: the last of them again and again.
    private static func server(
        lists: [String],
        deletion: (status: String, body: String) = ("200 OK", #"{"meta":{"summary":{"deleted":1,"not_deleted":0}}}"#),
        addition: (status: String, body: String) = ("200 OK", #"{"meta":{"summary":{"created":1}}}"#)
    ) -> ScriptedServer {
        let count = Mutex(0)
        return ScriptedServer { connection in
            if connection.request.hasPrefix("GET") {
                let number = count.withLock {
                    $0 += 1
                    return $0
                }
                let list = lists[min(number, lists.count) - 1]
                return connection.answer(status: "200 OK", body: list.isEmpty ? "{}" : #"{"data":[\#(list)]}"#)
            }
            let answer = connection.request.contains(#"{"delete""#) ? deletion : addition
            connection.answer(status: answer.status, body: answer.body)
        }
    }

    private func client(_ server: ScriptedServer) throws -> XAPIClient {
        XAPIClient(
            endpoint: try XEndpoint(server.url),
            token: try BearerToken("canary-2c"),
            http: try HTTPClient(configuration: .init(userAgent: "tester/1")),
            timeout: .seconds(5),
            listingWaits: [.milliseconds(1), .milliseconds(1)]
        )
    }

    private static let old = ActiveRule(id: "5", rule: StreamRule(value: "#cat", tag: "old"))
    private static let listed = ##"{"id":"5","value":"#cat","tag":"old"}"##

    @Test(arguments: [
        ("200 OK", #"{"meta":{"summary":{"deleted":1,"not_deleted":0}}}"#), ("200 OK", "{}"),
        ("200 OK", #"{"meta":{"summary":{"deleted":0,"not_deleted":1}}}"#),
        ("200 OK", #"{"errors":[{"title":"Invalid Request","detail":"not now","value":"5"}]}"#),
        ("400 Bad Request", #"{"title":"Invalid Request","detail":"not now"}"#),
    ]) func aRuleThatIsStillInForceWasNotDeleted(status: String, body: String) throws {
        let server = Self.server(lists: [Self.listed], deletion: (status, body))
        defer { server.stop() }
        let report = try client(server).apply(RuleSetDiff(wanted: [], active: [Self.old], prune: true))
        #expect(!report.isComplete && report.deletedCount == 0)
        #expect(report.failed.map(\.rule) == [Self.old.rule] && report.failed[0].failure == .stillInForce)
        #expect(report.shortfall.contains("#cat") && report.shortfall.contains("not now") == body.contains("not now"))
    }

    @Test func anotherTagThanRequestedIsAFailure() throws {
        let duplicate = ##"{"errors":[{"value":"#cat","id":"5","title":"DuplicateRule","type":"a/duplicate-rules"}]}"##
        let server = Self.server(lists: [Self.listed], addition: ("200 OK", duplicate))
        defer { server.stop() }
        // Another program added the rule between our list and our change.
        let report = try client(server).apply(
            RuleSetDiff(wanted: [StreamRule(value: "#cat", tag: "new")], active: [], prune: false)
        )
        #expect(report.failed.map(\.failure) == [.otherTag("old")] && report.duplicates.isEmpty)
        #expect(report.shortfall.contains("'old' instead of 'new'"))
    }

    @Test func aTagThatIsNotReplacedIsAFailureAndNamedOnce() throws {
        let duplicate = ##"{"errors":[{"value":"#cat","id":"5","title":"DuplicateRule","type":"a/duplicate-rules"}]}"##
        let server = Self.server(lists: [Self.listed], addition: ("200 OK", duplicate))
        defer { server.stop() }
        let wanted = [StreamRule(value: "#cat", tag: "new")]
        let report = try client(server).apply(RuleSetDiff(wanted: wanted, active: [Self.old], prune: false))
        #expect(report.failed.map(\.rule) == [Self.old.rule] && report.added.isEmpty && report.duplicates.isEmpty)
    }

    @Test func aRuleThatIsNotListedWasNotAdded() throws {
        let created = ##"{"data":[{"id":"9","value":"#dog","tag":"d"}],"meta":{"summary":{"created":1}}}"##
        let server = Self.server(lists: [""], addition: ("201 Created", created))
        defer { server.stop() }
        let report = try client(server).apply(
            RuleSetDiff(wanted: [StreamRule(value: "#dog", tag: "d")], active: [], prune: false)
        )
        #expect(report.failed.map(\.failure) == [.notInForce] && report.added.isEmpty)
    }

    @Test func aListThatShowsAChangeLaterIsLookedAtAgain() throws {
        let new = ##"{"id":"9","value":"#cat","tag":"new"}"##
        let server = Self.server(lists: [Self.listed, "", new])
        defer { server.stop() }
        let wanted = [StreamRule(value: "#cat", tag: "new")]
        let report = try client(server).apply(RuleSetDiff(wanted: wanted, active: [Self.old], prune: false))
        #expect(report.isComplete && report.deletedCount == 1)
        #expect(report.added.map(\.id) == ["9"] && report.inForce?.count == 1)
    }

    @Test func aDryRunOfAnotherTagIsComplete() throws {
        let duplicate = ##"{"errors":[{"value":"#cat","id":"5","title":"DuplicateRule","type":"a/duplicate-rules"}]}"##
        let server = Self.server(lists: [Self.listed], addition: ("200 OK", duplicate))
        defer { server.stop() }
        let diff = RuleSetDiff(wanted: [StreamRule(value: "#cat", tag: "new")], active: [Self.old], prune: false)
        let report = try client(server).apply(diff, dryRun: true)
        #expect(report.isComplete && report.deletedCount == 1 && report.added.count == 1 && report.duplicates.isEmpty)
    }

    @Test func aDryRunSaysWhatXWouldNotDelete() throws {
        let refusal = #"{"meta":{"summary":{"deleted":0,"not_deleted":1}}}"#
        let server = Self.server(lists: [Self.listed], deletion: ("200 OK", refusal))
        defer { server.stop() }
        let report = try client(server).apply(RuleSetDiff(wanted: [], active: [Self.old], prune: true), dryRun: true)
        #expect(report.failed.count == 1 && report.deletedCount == 0)
    }
}
