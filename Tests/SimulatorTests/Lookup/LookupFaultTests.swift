import Foundation
import Simulator
import TestSupport
import Testing
import Time

@Suite(.timeLimit(.minutes(20)))
struct LookupFaultTests {
    private func fixture(
        _ faults: String...,
        change: (inout LookupSettings) -> Void = { _ in }
    ) throws -> LookupFixture {
        let parsed = try faults.map { try LookupFault(parsing: $0) }
        return try LookupFixture(streaming: 100) {
            $0.refusalDelay = .seconds(90)
            $1.faults = parsed
            change(&$1)
        }
    }

    @Test(arguments: [
        ("lookup:429@3", LookupFault(.refuse(status: 429), request: 3)),
        ("lookup:hang@2-4", LookupFault(.hang, requests: 2...4)),
        ("lookup:402@10-", LookupFault(.refuse(status: 402), requests: 10...Int.max)),
        ("lookup:omit@*", LookupFault(.omit, requests: 1...Int.max)),
        ("lookup:partial@1", LookupFault(.partial, request: 1)),
        ("lookup:forget@1-", LookupFault(.forget, requests: 1...Int.max)),
        ("lookup:lose@1", LookupFault(.lose, request: 1)),
        ("lookup:cut@1", LookupFault(.cut, request: 1)),
        ("lookup:truncate@1", LookupFault(.truncate, request: 1)),
    ])
    func aFaultIsRead(_ text: String, _ fault: LookupFault) throws {
        #expect(try LookupFault(parsing: text) == fault)
    }

    @Test(arguments: [
        "lookup:", "lookup:429", "lookup:melt@1", "lookup:200@1", "lookup:hang@0", "lookup:hang@4-2",
        "lookup:hang@1-2-3",
        "lookup:hang@x", "lookup:hang@1@2", "hang@1", "lookup:hang@-",
    ])
    func whatIsNoFaultIsRefusedWithAnExample(_ text: String) {
        let error = #expect(throws: SimulatorError.self) { try LookupFault(parsing: text) }
        #expect(error?.code == .badFault)
        #expect(error?.message.contains("lookup:429@3") == true)
    }

    @Test func aRefusedLookupIsFreeAndTheNextIsNot() throws {
        let fixture = try fixture("lookup:429@1", "lookup:503@2")
        let before = try fixture.usage.returnedCount
        let first = try fixture.lookUp(fixture.ids.prefix(5))
        #expect(first.status == 429)
        let reset = (fixture.clock.clock.now + .seconds(90)).seconds
        #expect(first.head.contains("x-rate-limit-reset: \(reset)\r\n"))
        #expect(first.head.contains("x-rate-limit-remaining: 0\r\n"))
        #expect(try fixture.lookUp(fixture.ids.prefix(5)).status == 503)
        #expect(try fixture.usage.returnedCount == before)
        #expect(try fixture.lookUp(fixture.ids.prefix(5)).object.posts.count == 5)
        #expect(try fixture.usage.returnedCount == before + 5)
        #expect(fixture.simulator.simulator.lookupCount == 3)
    }

    @Test func aLookupMayNeverBeAnswered() throws {
        let fixture = try fixture("lookup:hang@1")
        let connection = try fixture.lookUpRaw(fixture.ids.prefix(5), for: .milliseconds(300))
        #expect(connection.end == .open)
        #expect(connection.rawBody.isEmpty)
        #expect(try fixture.lookUp(fixture.ids.prefix(5)).object.posts.count == 5)
    }

    @Test func aTruncatedAnswerIsWholeToHTTPAndNoJSON() throws {
        let fixture = try fixture("lookup:truncate@1")
        let before = try fixture.usage.returnedCount
        let connection = try fixture.lookUpRaw(fixture.ids.prefix(20))
        #expect(connection.status == 200)
        #expect(connection.head?.contains("Content-Length: \(connection.rawBody.count)\r\n") == true)
        #expect(connection.rawBody.starts(with: Array("{\"data\":[".utf8)))
        #expect(throws: (any Error).self) { try JSONSerialization.jsonObject(with: Data(connection.rawBody)) }
        #expect(try fixture.usage.returnedCount == before + 20)
    }

    @Test func aCutAnswerEndsInsideTheBodyAndIsChargedFor() throws {
        let fixture = try fixture("lookup:cut@1")
        let before = try fixture.usage.returnedCount
        let connection = try fixture.lookUpRaw(fixture.ids.prefix(20))
        #expect(connection.end != .open)
        #expect(connection.content.starts(with: Array("{\"data\":[".utf8)))
        #expect(!connection.rawBody.suffix(5).elementsEqual("0\r\n\r\n".utf8))
        #expect(try fixture.usage.returnedCount == before + 20)
    }

    @Test func aLostAnswerIsChargedForAndNeverSeen() throws {
        let fixture = try fixture("lookup:lose@1")
        let before = try fixture.usage.returnedCount
        let connection = try fixture.lookUpRaw(fixture.ids.prefix(20))
        #expect(connection.end == .reset)
        #expect(connection.rawBody.isEmpty)
        #expect(try fixture.usage.returnedCount == before + 20)
    }

    @Test func someIdsMayBeUnavailableAndFree() throws {
        let fixture = try fixture("lookup:partial@1")
        let before = try fixture.usage.returnedCount
        let answer = try fixture.lookUp(fixture.ids.prefix(25))
        #expect(answer.object.posts.count == 22)
        #expect(
            answer.object.problems.compactMap { $0["resource_id"] as? String }
                == [0, 10, 20].map { String(fixture.ids[$0]) }
        )
        #expect(try fixture.usage.returnedCount == before + 22)
    }

    @Test func someIdsMayBeInNeitherArray() throws {
        let fixture = try fixture("lookup:omit@1")
        let answer = try fixture.lookUp(fixture.ids.prefix(25))
        #expect(answer.object.posts.count == 22)
        #expect(answer.object["errors"] == nil)
        #expect(try fixture.lookUp(fixture.ids.prefix(25)).object.posts.count == 25)
    }

    @Test func idsAreOmittedOrUnavailableByChanceAndNotForEver() throws {
        let fixture = try fixture {
            $0.omittedPerMille = 200
            $0.unavailablePerMille = 200
        }
        var seen: Set<String> = []
        var omittedCount = 0
        var unavailableCount = 0
        for _ in 0..<20 {
            let answer = try fixture.lookUp(fixture.ids.prefix(50)).object
            #expect(answer.problems.allSatisfy { ($0["type"] as? String)?.hasSuffix("resource-unavailable") ?? false })
            seen.formUnion(answer.posts.compactMap { $0["id"] as? String })
            omittedCount += 50 - answer.posts.count - answer.problems.count
            unavailableCount += answer.problems.count
        }
        #expect(seen.count == 50)
        #expect(abs(omittedCount - 200) < 80 && abs(unavailableCount - 200) < 80)
    }

    @Test func whenTheCreditsAreGoneLookupsAndNewStreamsAreAnswered402() throws {
        let fixture = try fixture()
        let simulator = fixture.simulator.simulator
        let spent = try fixture.usage.billedCount
        simulator.setSpendCap(spent + 1)
        fixture.clock.advance(by: .seconds(86_400))
        #expect(try fixture.lookUp(fixture.ids.prefix(10)).object.posts.count == 10)
        let refused = try fixture.lookUp(fixture.ids.prefix(10))
        #expect(refused.status == 402)
        #expect(refused.object["title"] as? String == "CreditsDepleted")
        #expect(try fixture.simulator.ask(SimulatorFixture.streamPath).status == 402)
        #expect(try fixture.usage.billedCount == spent + 10)
        simulator.setSpendCap(nil)
        #expect(try fixture.lookUp(fixture.ids.prefix(10)).status == 200)
    }
}
