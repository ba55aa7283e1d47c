import Lifecycle
import Simulator
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct SimulatorServiceTests {
    @Test func itServesUntilAShutdownIsRequested() throws {
        let fixture = try SimulatorFixture { $0.rate = .perSecond(1) }
        let connection = try fixture.connect()
        let shutdown = ShutdownSignal()
        let simulator = fixture.simulator
        let thread = try WorkerThread(name: "simulator") { simulator.run(shutdown) }
        #expect(!thread.join(for: .milliseconds(50)))
        shutdown.request()
        #expect(thread.join(for: .seconds(1)))
        connection.read()
        #expect(connection.end != .open)
        #expect(RawConnection(port: simulator.port) == nil)
        #expect(simulator.statistics.connectionCount == 1)
        #expect(simulator.statistics.recordCount == 1)
    }

    @Test func aRuleThatXWouldRefuseIsAnErrorAtTheStart() {
        let error = #expect(throws: SimulatorError.self) {
            try SimulatorFixture { $0.rules = [SimulatedRule("(#cat", tag: nil)] }
        }
        #expect(error?.code == .badRule)
        #expect(error?.message.contains("(#cat") == true)
    }

    @Test func aMissingOrEmptyFileIsAnErrorAtTheStart() throws {
        let folder = try ScratchFolder()
        let empty = try folder.write("empty", "\n\r\n")
        for file in ["\(folder.path)/missing", empty] {
            let error = #expect(throws: SimulatorError.self) {
                try SimulatorFixture { $0.posts = .file(file, rounds: nil) }
            }
            #expect(error?.message.contains(file) == true)
        }
    }
}
