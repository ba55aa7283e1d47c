import Foundation
import Simulator
import TestSupport
import Testing

/// Real posts through the simulator: `shared/data/stream-real.ndjson` beside the repository.
@Suite(.timeLimit(.minutes(1)), .enabled(if: RealPosts.isPresent, "stream-real.ndjson is not beside the repository"))
struct RealPostsTests {
    @Test func everyByteOfARealRecordingIsServed() throws {
        let fixture = try SimulatorFixture { $0.posts = .file(RealPosts.path, rounds: 1) }
        let connection = try fixture.connect()
        connection.read(for: .seconds(20)) { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: RealPosts.path)))
        #expect(connection.content == file)
    }
}

private enum RealPosts {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/stream-real.ndjson").standardizedFileURL.path

    static var isPresent: Bool { FileManager.default.fileExists(atPath: path) }
}
