import HTTPClient
import Synchronization
import TestSupport
import Testing
import XAPI

@Suite(.timeLimit(.minutes(20)))
struct RulesClientTests {
    private func client(_ server: ScriptedServer) throws -> XAPIClient {
        XAPIClient(
            endpoint: try XEndpoint(server.url),
            token: try BearerToken("canary-2b"),
            http: try HTTPClient(configuration: .init(userAgent: "tester/1")),
            timeout: .seconds(5),
            listingWaits: [.milliseconds(1)]
        )
    }

    @Test func rulesComeFromAllPages() throws {
        let server = ScriptedServer { connection in
            let isSecond = connection.request.contains("pagination_token=abcdefghijklmnop")
            connection.answer(
                status: "200 OK",
                body: isSecond
                    ? ##"{"data":[{"id":"2","value":"#dog"}],"meta":{"result_count":1}}"##
                    : ##"{"data":[{"id":"1","value":"#cat","tag":"cats"}],"meta":{"next_token":"abcdefghijklmnop"}}"##
            )
        }
        defer { server.stop() }
        let rules = try client(server).rules()
        #expect(
            rules == [
                ActiveRule(id: "1", rule: StreamRule(value: "#cat", tag: "cats")),
                ActiveRule(id: "2", rule: StreamRule(value: "#dog")),
            ]
        )
    }

    @Test func noRulesMeansNoData() throws {
        let server = ScriptedServer {
            $0.answer(status: "200 OK", body: #"{"meta":{"sent":"2026-11-24T00:00:00Z","result_count":0}}"#)
        }
        defer { server.stop() }
        #expect(try client(server).rules().isEmpty)
    }

    @Test func changesGoOutInChunksDeletesFirst() throws {
        let bodies = Mutex<[String]>([])
        let server = ScriptedServer { connection in
            guard connection.request.hasPrefix("POST") else {
                let rules = (0..<30).map { ##"{"id":"\##($0)","value":"#cat\##($0)","tag":"cats/\##($0)"}"## }
                return connection.answer(status: "200 OK", body: #"{"data":[\#(rules.joined(separator: ","))]}"#)
            }
            bodies.withLock { $0.append(connection.request) }
            let isDelete = connection.request.contains("\"delete\"")
            connection.answer(
                status: "201 Created",
                body: isDelete ? #"{"meta":{"summary":{"deleted":1}}}"# : #"{"data":[{"id":"7","value":"x"}]}"#
            )
        }
        defer { server.stop() }
        let wanted = (0..<30).map { StreamRule(value: "#cat\($0)", tag: "cats/\($0)") }
        let old = ActiveRule(id: "77", rule: StreamRule(value: "#old"))
        let report = try client(server).apply(RuleSetDiff(wanted: wanted, active: [old], prune: true))
        let seen = bodies.withLock { $0 }
        #expect(seen.map { $0.contains("dry_run=true") } == [true, true, false, false, false])
        #expect(seen[2].hasSuffix(#"{"delete":{"ids":["77"]}}"#))
        #expect(seen[3].hasSuffix(##"{"tag":"cats/24","value":"#cat24"}]}"##))
        #expect(seen[4].contains(##"{"add":[{"tag":"cats/25","value":"#cat25"}"##))
        #expect(report.deletedCount == 1)
        #expect(report.added.count == 30)
        #expect(report.isComplete)
    }

    @Test func aDuplicateIsSuccess() throws {
        let server = ScriptedServer {
            guard $0.request.hasPrefix("POST") else {
                return $0.answer(status: "200 OK", body: ##"{"data":[{"id":"1","value":"#cat","tag":"c"}]}"##)
            }
            $0.answer(
                status: "200 OK",
                body:
                    ##"{"meta":{"summary":{"created":0,"not_created":1,"valid":0,"invalid":1}},"errors":[{"value":"#cat","id":"1","title":"DuplicateRule","type":"https://api.x.com/2/problems/duplicate-rules"}]}"##
            )
        }
        defer { server.stop() }
        let report = try client(server).apply(
            RuleSetDiff(wanted: [StreamRule(value: "#cat", tag: "c")], active: [], prune: false)
        )
        #expect(report.isComplete)
        #expect(report.duplicates == [StreamRule(value: "#cat", tag: "c")])
    }

    @Test func aWrongRuleTakesNoWorkingOneAway() throws {
        let server = ScriptedServer { connection in
            connection.answer(
                status: "200 OK",
                body:
                    #"{"errors":[{"value":"has:","details":["Reference to invalid operator"],"title":"UnprocessableEntity","type":"https://api.x.com/2/problems/invalid-rules"}]}"#
            )
        }
        defer { server.stop() }
        let old = ActiveRule(id: "5", rule: StreamRule(value: "#old"))
        let report = try client(server).apply(
            RuleSetDiff(wanted: [StreamRule(value: "has:")], active: [old], prune: true)
        )
        #expect(report.refused.map(\.description) == ["has:: UnprocessableEntity Reference to invalid operator"])
        #expect(report.deletedCount == 0)
        #expect(server.connectionCount == 1)
    }

    @Test func aRefusalTellsWhatToDoAndNoToken() throws {
        let server = ScriptedServer {
            $0.answer(
                status: "401 Unauthorized",
                body: #"{"errors":[{"code":89,"message":"Invalid or expired token"}]}"#
            )
        }
        defer { server.stop() }
        let error = #expect(throws: XAPIError.self) { try client(server).rules() }
        #expect(error?.code == .refused)
        #expect(error?.status == 401)
        #expect(error?.message.contains("copy a valid token") == true)
        #expect(error.map { String(reflecting: $0).contains("canary-2b") } == false)
    }

    @Test func anAnswerThatIsNoJSONIsSaid() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: "<html>") }
        defer { server.stop() }
        let error = #expect(throws: XAPIError.self) { try client(server).rules() }
        #expect(error?.code == .foreignAnswer && error?.message.contains("a portal or proxy answered") == true)
    }
}
