import Foundation
import Simulator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct StreamTests {
    private static let numbered = (1...40).map { "{\"data\":{\"id\":\"\($0)\"}}" }

    private func id(_ line: [UInt8]) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        return (object?["data"] as? [String: Any])?["id"] as? String
    }

    @Test func theStreamIsJSONLinesOverCRLF() throws {
        let fixture = try SimulatorFixture()
        let connection = try fixture.connect()
        #expect(connection.status == 200)
        #expect(connection.head?.lowercased().contains("content-type: application/json") == true)
        connection.read { $0.count > 300_000 }
        let lines = wholeLines(connection.content)
        #expect(lines.count > 200)
        #expect(lines.allSatisfy { id($0) != nil })
    }

    @Test func theSameSeedGivesTheSameStream() throws {
        func start() throws -> [UInt8] {
            let fixture = try SimulatorFixture {
                $0.posts = .generated(seed: 5, start: SimulatorConfiguration.defaultStart)
            }
            let connection = try fixture.connect()
            connection.read { $0.count > 200_000 }
            return Array(connection.content.prefix(150_000))
        }
        let first = try start()
        #expect(first.count == 150_000)
        #expect(try first == start())
    }

    @Test func aFileIsServedRecordByRecordWithCRLFAndEndsInOrder() throws {
        let folder = try ScratchFolder()
        // Both line ends, a blank line, and no end after the last record.
        let file = try folder.write("posts", "{\"a\":1}\r\n\n{\"b\":2}\n\r\n{\"c\":3}")
        let fixture = try SimulatorFixture { $0.posts = .file(file, rounds: 2) }
        let connection = try fixture.connect()
        connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let round = "{\"a\":1}\r\n{\"b\":2}\r\n{\"c\":3}\r\n"
        #expect(connection.content == Array((round + round).utf8))
    }

    @Test func recordsMayComeASingleChunkEach() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("posts", "{\"a\":1}\n{\"b\":2}\n")
        let fixture = try SimulatorFixture {
            $0.posts = .file(file, rounds: 1)
            $0.sendsRecordsSingly = true
        }
        let connection = try fixture.connect()
        connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        #expect(connection.chunks == ["{\"a\":1}\r\n", "{\"b\":2}\r\n"].map { Array($0.utf8) })
    }

    @Test func theNextConnectionGoesOnAfterTheLastRecord() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("posts", Self.numbered.joined(separator: "\n"))
        let fixture = try SimulatorFixture {
            $0.posts = .file(file, rounds: 1)
            $0.faults = [SimulatedFault(connection: 1, kind: .close, position: .records(7))]
        }
        let first = try fixture.connect()
        first.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        #expect(wholeLines(first.content).compactMap(id) == (1...7).map(String.init))
        let second = try fixture.connect()
        second.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        #expect(wholeLines(second.content).compactMap(id) == (8...40).map(String.init))
    }

    @Test func aBrokenRecordIsLostUnlessItIsToComeAgain() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("posts", Self.numbered.joined(separator: "\n"))
        for isResent in [false, true] {
            let fixture = try SimulatorFixture {
                $0.posts = .file(file, rounds: 1)
                $0.faults = [SimulatedFault(connection: 1, kind: .cut, position: .records(5))]
                $0.resendsBrokenRecords = isResent
            }
            let first = try fixture.connect()
            first.read()
            #expect(first.end == .closed)
            #expect(wholeLines(first.content).compactMap(id) == (1...4).map(String.init))
            let second = try fixture.connect()
            second.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
            #expect(wholeLines(second.content).compactMap(id).first == (isResent ? "5" : "6"))
        }
    }

    @Test func eachConnectionMayBeginTheFileAgain() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("posts", Self.numbered.joined(separator: "\n"))
        let fixture = try SimulatorFixture {
            $0.posts = .file(file, rounds: 1)
            $0.restartsForEachConnection = true
        }
        for _ in 0..<2 {
            let connection = try fixture.connect()
            connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
            #expect(wholeLines(connection.content).count == 40)
        }
    }

    @Test func silenceIsFilledWithKeepAlives() throws {
        let fixture = try SimulatorFixture {
            $0.rate = .perSecond(0.01)
            $0.keepAliveInterval = .milliseconds(50)
        }
        let connection = try fixture.connect()
        #expect(connection.read { _ in connection.chunks.count >= 5 })
        #expect(wholeLines(connection.chunks[0]).count == 1)
        #expect(connection.chunks[1...4].allSatisfy { $0 == [13, 10] })
    }

    @Test func postsComeAtTheirPace() throws {
        let fixture = try SimulatorFixture { $0.rate = .perSecond(100) }
        let start = ContinuousClock.now
        let connection = try fixture.connect()
        #expect(connection.read { _ in connection.chunks.count >= 51 })
        // Fifty intervals of 10 ms cannot pass sooner; a busy machine may be late.
        let taken = ContinuousClock.now - start
        #expect(taken >= .milliseconds(495) && taken < .seconds(3), "\(taken)")
    }

    @Test func aSecondConnectionIsRefusedUntilTheFirstIsGone() throws {
        let fixture = try SimulatorFixture { $0.rate = .perSecond(1) }
        do {
            let first = try fixture.connect()
            first.read { _ in !first.chunks.isEmpty }
            let second = try fixture.ask(SimulatorFixture.streamPath)
            #expect(second.status == 429)
            #expect(second.object["connection_issue"] as? String == "TooManyConnections")
            #expect(second.object["title"] as? String == "ConnectionException")
        }
        // At once, as a recorder that was killed and started again would.
        let third = try fixture.connect()
        #expect(third.status == 200)
    }

    @Test func aStreamWithoutRulesIsRefused() throws {
        let fixture = try SimulatorFixture { $0.rules = [] }
        let answer = try fixture.ask(SimulatorFixture.streamPath)
        #expect(answer.status == 409)
        #expect(answer.object["connection_issue"] as? String == "RuleConfigurationIssue")
    }

    @Test func theTokenIsChecked() throws {
        let fixture = try SimulatorFixture { $0.token = "s3cret" }
        for headers in [[], ["Authorization: Bearer wrong"], ["Authorization: s3cret"]] {
            let answer = try fixture.ask(SimulatorFixture.streamPath, headers: headers)
            #expect(answer.status == 401)
            #expect(answer.object["title"] as? String == "Unauthorized")
        }
        #expect(try fixture.connect(token: "s3cret").status == 200)
    }

    @Test func rateLimitsAreAnnouncedAndEnforcedOnRequest() throws {
        let lenient = try SimulatorFixture()
        let first = try lenient.rules()
        #expect(first.head.contains("x-rate-limit-limit: 450\r\n"))
        #expect(first.head.contains("x-rate-limit-remaining: 449\r\n"))
        #expect(first.head.contains("x-rate-limit-reset: "))
        let strict = try SimulatorFixture {
            $0.enforcesRateLimits = true
            $0.rules = []
        }
        let statuses = try (0..<51).map { _ in try strict.ask(SimulatorFixture.streamPath).status }
        #expect(statuses.prefix(50).allSatisfy { $0 == 409 })
        #expect(statuses.last == 429)
    }

    @Test func changedRulesShapeTheOpenStream() throws {
        let fixture = try SimulatorFixture { $0.rate = .perSecond(500) }
        let connection = try fixture.connect()
        connection.read { _ in connection.chunks.count > 5 }
        _ = try fixture.rules("?delete_all=true", method: "POST")
        _ = try fixture.rules(
            method: "POST",
            body: "{\"add\":[{\"value\":\"espresso\",\"tag\":\"coffee\"}]}"
        )
        #expect(connection.read { _ in connection.chunks.last.map { $0.contains("coffee") } ?? false })
    }

    @Test func stoppingEndsOpenStreamsInOrderWithinASecond() throws {
        let fixture = try SimulatorFixture {
            $0.rate = .perSecond(1)
            $0.connectionCount = 8
        }
        let connections = try (0..<8).map { _ in try fixture.connect() }
        let start = ContinuousClock.now
        fixture.simulator.stop()
        #expect(ContinuousClock.now - start < .seconds(1))
        for connection in connections {
            connection.read()
            #expect(connection.rawBody.suffix(5).elementsEqual("0\r\n\r\n".utf8))
        }
    }

    @Test func stoppingDoesNotWaitForAReaderThatDoesNotRead() throws {
        let fixture = try SimulatorFixture()
        let connection = try fixture.connect(receiveBuffer: 4_096)
        let start = ContinuousClock.now
        fixture.simulator.stop()
        #expect(ContinuousClock.now - start < .seconds(1))
        connection.read()
        #expect(connection.end != .open)
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        String(decoding: self, as: UTF8.self).contains(text)
    }
}
