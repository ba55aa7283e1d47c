import Simulator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct StreamFaultTests {
    private func fixture(
        _ faults: String...,
        folder: ScratchFolder,
        change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) throws -> SimulatorFixture {
        let parsed = try faults.map { try SimulatedFault(parsing: $0) }
        return try SimulatorFixture {
            $0.faults = parsed
            $0.sentLog = folder.path + "/sent"
            $0.keepAliveInterval = .milliseconds(50)
            change(&$0)
        }
    }

    @Test(arguments: [true, false]) func aStallKeepsTheSocketOpenAndSendsNothingMore(isPaced: Bool) throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("stall@3", folder: folder) { if isPaced { $0.rate = .perSecond(1_000) } }
        let connection = try fixture.connect()
        connection.read { _ in wholeLines(connection.content).count == 3 }
        let received = connection.content
        #expect(received.suffix(2) == [13, 10])
        connection.read(for: .milliseconds(250))
        #expect(connection.end == .open)
        #expect(connection.content == received)
        #expect(try folder.read("sent/connection-1.bytes") == received)
    }

    @Test func aStallMayBeInsideARecord() throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("stall@5001B", folder: folder)
        let connection = try fixture.connect()
        connection.read { _ in connection.content.count == 5_001 }
        connection.read(for: .milliseconds(200))
        #expect(connection.end == .open)
        #expect(connection.content.count == 5_001)
    }

    @Test(arguments: ["2:cut@100", "2:cut@1"]) func aCutClosesInsideTheRecord(_ fault: String) throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("1:close@2", fault, folder: folder)
        try fixture.connect().read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let connection = try fixture.connect()
        connection.read()
        #expect(connection.end == .closed)
        #expect(wholeLines(connection.content).count == (fault.hasSuffix("@1") ? 0 : 99))
        #expect(connection.content.last != 10)
        #expect(!connection.content.isEmpty)
        #expect(try folder.read("sent/connection-2.bytes") == connection.content)
        // The third connection has no fault.
        let third = try fixture.connect()
        #expect(third.read { _ in wholeLines(third.content).count > 200 })
    }

    @Test func aResetIsSeenAsOneAndWhatArrivedIsAPrefixOfWhatWasSent() throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("reset@20", folder: folder) { $0.rate = .perSecond(1_000) }
        let connection = try fixture.connect()
        connection.read()
        #expect(connection.end == .reset)
        let sent = try folder.read("sent/connection-1.bytes")
        #expect(wholeLines(sent).count == 20)
        #expect(sent.starts(with: connection.content))
    }

    @Test func anOrderlyCloseEndsTheAnswer() throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("close@10", folder: folder)
        let connection = try fixture.connect()
        connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        #expect(wholeLines(connection.content).count == 10)
        #expect(try folder.read("sent/connection-1.bytes") == connection.content)
    }

    @Test func aDisconnectObjectComesBeforeTheEnd() throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("disconnect@4", folder: folder)
        let connection = try fixture.connect()
        connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let lines = wholeLines(connection.content)
        #expect(lines.count == 5)
        #expect(lines.last.map { String(decoding: $0, as: UTF8.self).contains("operational-disconnect") } == true)
    }

    @Test func aRefusalCountsAsAConnection() throws {
        let folder = try ScratchFolder()
        let fixture = try fixture("429@1", "503@2", "3:close@1", folder: folder) { $0.refusalDelay = .seconds(30) }
        let first = try fixture.ask(SimulatorFixture.streamPath)
        #expect(first.status == 429)
        #expect(first.object["connection_issue"] == nil)
        #expect(first.head.contains("x-rate-limit-remaining: 0\r\n"))
        #expect(try fixture.ask(SimulatorFixture.streamPath).status == 503)
        let third = try fixture.connect()
        #expect(third.status == 200)
        third.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        #expect(wholeLines(third.content).count == 1)
    }

    @Test func theSentLogHoldsKeepAlivesToo() throws {
        let folder = try ScratchFolder()
        let fixture = try fixture(folder: folder) { $0.rate = .perSecond(0.01) }
        let connection = try fixture.connect()
        connection.read { _ in connection.chunks.count >= 4 }
        #expect(try folder.read("sent/connection-1.bytes").starts(with: connection.content))
    }
}
