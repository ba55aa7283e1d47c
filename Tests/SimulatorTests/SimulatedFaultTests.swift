import Testing

@testable import Simulator

struct SimulatedFaultTests {
    @Test(arguments: [
        ("2:cut@100", SimulatedFault(connection: 2, kind: .cut, position: .records(100))),
        ("stall@0", SimulatedFault(connection: 1, kind: .stall, position: .records(0))),
        ("*:reset@5000B", SimulatedFault(connection: nil, kind: .reset, position: .bytes(5_000))),
        ("3:close@7", SimulatedFault(connection: 3, kind: .close, position: .records(7))),
        ("disconnect@1", SimulatedFault(connection: 1, kind: .disconnect, position: .records(1))),
        ("429@2", SimulatedFault(connection: 2, kind: .refuse(status: 429))),
        ("2:503", SimulatedFault(connection: 2, kind: .refuse(status: 503))),
        ("*:503", SimulatedFault(connection: nil, kind: .refuse(status: 503))),
    ])
    func aFaultIsRead(_ text: String, _ fault: SimulatedFault) throws {
        #expect(try SimulatedFault(parsing: text) == fault)
    }

    @Test(arguments: [
        "", "cut", "cut@", "cut@0", "cut@x", "0:cut@1", "x:cut@1", "melt@3", "429", "200@1", "cut@1@2", "2:503@4",
    ])
    func whatIsNoFaultIsRefusedWithAnExample(_ text: String) {
        let error = #expect(throws: SimulatorError.self) { try SimulatedFault(parsing: text) }
        #expect(error?.code == .badFault)
        #expect(error?.message.contains("2:cut@100") == true)
    }

    @Test func thePaceIsKeptAndABacklogIsBounded() {
        var pace = Pace(.perSecond(10), start: .zero)
        #expect(pace.wait(at: .zero) <= .zero)
        pace.advance(at: .zero)
        #expect(pace.wait(at: .zero) == .milliseconds(100))
        #expect(pace.wait(at: .milliseconds(100)) <= .zero)
        // A reader that paused for a minute gets two seconds' worth at once, not a minute's.
        let late = Duration.seconds(60)
        var count = 0
        while pace.wait(at: late) <= .zero, count < 1_000 {
            pace.advance(at: late)
            count += 1
        }
        #expect((19...23).contains(count), "\(count)")
    }
}
