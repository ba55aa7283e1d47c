import Foundation
import TestSupport
import Testing
import Time

@testable import Lambda

/// Lines in pieces, and the documents made of them.
@Suite struct LineBufferTests {
    /// What comes out of a buffer that is given these bytes in pieces of some sizes.
    private func lines(
        _ text: String,
        limit: Int = LineSplitter.lineByteLimit,
        _ size: () -> Int
    ) throws -> [String] {
        let buffer = LineBuffer(lineByteLimit: limit, padding: 64)
        var rest = Array(text.utf8)[...]
        var found: [String] = []
        var isMore = true
        while isMore {
            isMore = try buffer.take(
                { space in
                    let piece = rest.prefix(min(size(), space.count))
                    space.copyBytes(from: piece)
                    rest = rest.dropFirst(piece.count)
                    return piece.count
                },
                { line in
                    switch line {
                    case .whole(let bytes): found.append(String(decoding: bytes, as: UTF8.self))
                    case .tooLong: found.append("too long")
                    }
                }
            )
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 7, 1_000_000]) func linesAreTheSameHoweverTheyArrive(size: Int) throws {
        let text = "one\r\n\ntwo\n\r\r\nthree \u{1F431}\r\nlast"
        #expect(try lines(text) { size } == ["one", "", "two", "\r", "three \u{1F431}", "last"])
        #expect(try lines("", { size }).isEmpty && lines("\n", { size }) == [""])
        #expect(try lines("a\n", { size }) == ["a"] && lines("a\r", { size }) == ["a"])
    }

    @Test func aLineOverTheLimitIsLeftOutAndTheNextIsWhole() throws {
        var random = SeededRandom()
        for _ in 0..<200 {
            let counts = (0..<20).map { _ in Int.random(in: 0...130, using: &random) }
            let text = counts.map { String(repeating: "x", count: $0) + ($0 % 2 == 0 ? "\r\n" : "\n") }.joined()
            let expected = counts.map { $0 > 100 ? "too long" : String(repeating: "x", count: $0) }
            let found = try lines(text, limit: 100) { Int.random(in: 1...90, using: &random) }
            #expect(found == expected, "\(random)")
        }
    }

    @Test func megabytesPassThroughAtAnySize() throws {
        let long = String(repeating: "y", count: 3_000_000)
        #expect(try lines("\(long)\nz\n\(long)", { 65_536 }) == [long, "z", long])
    }

    @Test func documentsOfLinesHaveNoVersionAndNameTheLineThatFails() {
        let transform = LineTransform()
        var output: [UInt8] = []
        for text in [Event.post(7), "", "nothing"] {
            Array((text + String(repeating: "\0", count: 64)).utf8).withUnsafeBytes { bytes in
                let line = UnsafeRawBufferPointer(rebasing: bytes[0..<text.utf8.count])
                transform.take(.whole(line), arrival: Timestamp(milliseconds: 5), into: &output)
            }
        }
        transform.take(.tooLong, arrival: Timestamp(milliseconds: 5), into: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.hasPrefix(#"{"tweet_id":"7","likes":7,"category":"cats","timestamp":5,"#) && text.hasSuffix("}\n"))
        #expect(!text.contains("version") && text.split(separator: "\n").count == 1)
        let totals = transform.totals
        #expect(totals.records == 4 && totals.ok == 1 && totals.dropped == 1 && totals.failed == 2)
        #expect(totals.failures.map(\.line) == [3, 4] && totals.failures.map(\.reason) == ["malformed", "too-long"])
    }
}
