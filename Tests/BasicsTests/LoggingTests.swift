import Foundation
import Logging
import Testing
import Time

@Suite struct LoggingTests {
    private let time = Timestamp(microseconds: 1_790_000_000_123_456)

    private func line(_ format: LogFormat, _ message: String, _ metadata: [(String, String)] = []) -> String {
        format.line(label: "recorder", level: .info, message: message, metadata: metadata, at: time)
    }

    @Test func aTextLineHasTimeLevelLabelMessageAndPairs() {
        #expect(
            line(.text, "connected", [("status", "200"), ("why", "was gone"), ("id", "")])
                == "\(time.rfc3339) info recorder: connected status=200 why=\"was gone\" id=\"\"\n"
        )
    }

    @Test func aJSONLineIsOneObjectWithTheTextAsItWasGiven() throws {
        let message = "quote \" backslash \\ line\nend\r tab\t bell\u{7} é 🐈"
        let line = line(.json, message, [("a \"key\"", "a\nvalue")])
        struct Line: Decodable {
            let time, level, label, message: String
            let metadata: [String: String]
        }
        let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        #expect(decoded.time == time.rfc3339)
        #expect(decoded.level == "info")
        #expect(decoded.label == "recorder")
        #expect(decoded.message == message)
        #expect(decoded.metadata == ["a \"key\"": "a\nvalue"])
        #expect(line.utf8.filter { $0 == 10 }.count == 1)
    }

    @Test(arguments: [
        ("0", true), ("-7", true), ("17", true), ("2.5", true), ("123456789012345", true), ("1234567890123456", false),
        ("007", false), ("", false), ("-", false), ("1.", false), (".5", false), ("1e3", false), ("1.2.3", false),
        ("cut", false), ("NaN", false), ("\u{663}", false),
    ])
    func metadataThatReadsAsANumberIsOneInJSON(value: String, isNumber: Bool) {
        let line = line(.json, "m", [("key", value)])
        #expect(line.contains(isNumber ? "{\"key\":\(value)}" : "{\"key\":\"\(value)\"}"), "\(line)")
    }

    @Test func aJSONLineWithoutPairsHasNoMetadata() {
        #expect(!line(.json, "connected").contains("metadata"))
    }

    /// A server's text in a message can neither make a second line, nor move the cursor, nor turn the rest of the line around.
    @Test(arguments: LogFormat.allCases)
    func noControlCharacterReachesTheTerminal(format: LogFormat) {
        var controls = (0..<0x20).map { $0 } + (0x7F...0x9F).map { $0 } + [0x2028, 0x2029, 0x061C, 0x200E, 0x200F]
        controls += (0x202A...0x202E).map { $0 } + (0x2066...0x2069).map { $0 }
        for value in controls {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let line = line(format, "a\(scalar)b", [("key", "c\(scalar)d")])
            #expect(line.hasSuffix("\n"))
            #expect(!line.dropLast().unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
            #expect(line.contains("\\"), "U+\(String(value, radix: 16))")
        }
    }

    @Test func messagesBelowTheLevelAreNotBuilt() {
        let sink = MemoryLogSink()
        var built = 0
        func message(_ text: String) -> String {
            built += 1
            return text
        }
        for level in Logger.Level.allCases {
            Logger(label: "part", level: .notice, sink: sink).log(level, message(level.rawValue))
        }
        #expect(sink.messages == ["notice", "warning", "error"])
        #expect(built == 3)
        #expect(Logger.Level.allCases == Logger.Level.allCases.sorted())
    }

    @Test func eachMethodHasItsLevelAndTheClockGivesTheTime() {
        let sink = MemoryLogSink()
        let clock = ManualClock(time)
        let logger = Logger(label: "part", level: .trace, sink: sink, clock: clock.clock).labelled("part.inner")
        logger.trace("m")
        logger.debug("m")
        logger.info("m")
        logger.notice("m")
        logger.warning("m")
        logger.error("m", [("key", "value")])
        #expect(sink.entries.map(\.level) == [.trace, .debug, .info, .notice, .warning, .error])
        #expect(sink.entries.allSatisfy { $0.label == "part.inner" && $0.time == time })
        #expect(sink.entries.last?.metadata.first?.1 == "value")
    }
}
