import Compression
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct GzipTests {
    @Test func whatIsCompressedIsWhatGzipReadsHoweverOftenTheEncoderIsUsed() throws {
        var random = SeededRandom()
        var encoder = try GzipEncoder()
        var output: [UInt8] = []
        // A large one between small ones: nothing of it may stay behind.
        for count in [0, 1, 100, 3_000_000, 7, 65_536, 200_000] {
            // A part of it repeats, a part does not.
            var input = [UInt8](repeating: 65, count: count)
            for index in stride(from: 0, to: count, by: 3) { input[index] = UInt8.random(in: 0...255, using: &random) }
            try input.withUnsafeBytes { try encoder.encode($0, into: &output) }
            #expect(try gunzip(output) == Data(input), "\(count) bytes, \(random)")
        }
        #expect(try gunzip(Array(output.dropLast())) == nil, "the reader would tell")
    }

    @Test func textGetsSmallerAndDenserWithTheLevel() throws {
        let lines = (0..<20_000).map { #"{"tweet_id":"\#($0 * 7)","likes":\#($0 % 13)}"# }
        let text = Array(lines.joined(separator: "\n").utf8)
        let sizes = try [1, 9].map { level in
            var encoder = try GzipEncoder(level: level)
            var output: [UInt8] = []
            try text.withUnsafeBytes { try encoder.encode($0, into: &output) }
            return output.count
        }
        #expect(sizes[0] < text.count / 3 && sizes[1] < sizes[0], "\(text.count): \(sizes)")
    }

    @Test(arguments: [0, 10, -1]) func aLevelThatIsNoneIsRefused(level: Int) {
        let error = #expect(throws: GzipError.self) { _ = try GzipEncoder(level: level) }
        #expect(error?.message.contains("level \(level)") == true)
    }
}
