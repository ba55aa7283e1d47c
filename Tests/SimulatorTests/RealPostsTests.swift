import Foundation
import Simulator
import TestSupport
import Testing

/// Real posts through the simulator.
@Suite(.timeLimit(.minutes(20)), .needs(.stream))
struct RealPostsTests {
    @Test func everyByteOfARealRecordingIsServed() throws {
        let fixture = try SimulatorFixture { $0.posts = .file(SharedData.stream.path, rounds: 1) }
        let connection = try fixture.connect()
        connection.read(for: .seconds(20)) { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: SharedData.stream.path)))
        #expect(connection.content == file)
    }
}
