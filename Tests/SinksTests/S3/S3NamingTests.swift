import Compression
import TestSupport
import Testing
import Time

@testable import Sinks

/// Names and bytes of objects.
@Suite struct S3NamingTests {
    private func naming(_ window: Duration, _ change: (inout S3Options) -> Void = { _ in }) throws -> S3Naming {
        var options = S3Options()
        options.window = window
        change(&options)
        return S3Naming(try S3Address("posts/a/b"), options, transformDigest: "t")
    }

    @Test func aNameSaysSourceTimeAndPlace() throws {
        let time = try #require(Timestamp(rfc3339: "2026-11-27T14:29:59.999999Z"))
        let quarter = try naming(.seconds(900))
        let window = quarter.window(of: time)
        #expect(window.rfc3339 == "2026-11-27T14:15:00.000000Z")
        #expect(quarter.end(of: window).rfc3339 == "2026-11-27T14:30:00.000000Z")
        let whole = quarter.key("filtered", window, first: 81_923, last: nil)
        let pattern =
            /a\/b\/source=filtered\/date=2026-11-27\/hour=14\/20261127T141500Z-15m-0000000000081923-[0-9a-f]{8}\.ndjson\.zst/
        #expect(try pattern.wholeMatch(in: whole) != nil, "\(whole)")
        let piece = quarter.key("filtered", window, first: 81_923, last: 99_999)
        #expect(
            piece.contains("-0000000000081923-0000000000099999-") && piece.hasSuffix(".part.ndjson.zst"),
            "\(piece)"
        )
        let other = try naming(.seconds(900)) { $0.includesRefreshes = true }
        #expect(other.key("filtered", window, first: 81_923, last: nil) != whole)
    }

    @Test(arguments: [(1, "1s"), (90, "90s"), (60, "1m"), (3_600, "1h"), (86_400, "24h")])
    func windowsAreNamedByTheirLength(seconds: Int, text: String) throws {
        let time = try #require(Timestamp(rfc3339: "2026-11-27T14:29:59Z"))
        let naming = try naming(.seconds(seconds))
        #expect(naming.key("s", naming.window(of: time), first: 0, last: nil).contains("Z-\(text)-"))
        #expect(naming.window(of: time).rawValue % (Int64(seconds) * 1_000_000) == 0)
    }

    @Test func timesBefore1970HaveWindowsToo() throws {
        let naming = try naming(.seconds(900))
        #expect(naming.window(of: Timestamp(rawValue: -1)) == Timestamp(rawValue: -900_000_000))
    }

    @Test func aDayIsAWholeNumberOfWindows() {
        for seconds in [1, 60, 900, 3_600, 86_400] { #expect(S3Options.isWindow(.seconds(seconds))) }
        for window in [Duration.zero, .seconds(7), .milliseconds(500), .seconds(-900), .seconds(172_800)] {
            #expect(!S3Options.isWindow(window))
        }
    }

    @Test(arguments: S3Options.Compression.allCases)
    func theBytesOfAnObjectAreThoseOfItsLines(compression: S3Options.Compression) throws {
        var random = SeededRandom()
        let documents = (0..<3_000).map { number in
            Array(#"{"n":"\#(number)","t":"\#(String(random.next(), radix: 36))\#(random.next() % 7)"}"#.utf8)
        }
        func encode(taking: () -> Int) throws -> [UInt8] {
            let encoder = try S3Encoder(compression, S3Sizes(piece: 4_096))
            var all: [UInt8] = []
            // Used twice: the second object must not know of the first.
            for round in 0..<2 {
                all = []
                for (number, document) in documents.enumerated() {
                    try document.withUnsafeBytes { try encoder.add($0, version: UInt64(number)) }
                    let count = taking()
                    if encoder.bytes.count >= count { all += encoder.take(count) }
                }
                try encoder.finish()
                all += encoder.take(encoder.bytes.count)
                if round == 0 { #expect(!all.isEmpty) }
            }
            return all
        }
        let whole = try encode { .max }
        #expect(try encode { Int(random.next() % 2_000) } == whole, "\(random)")
        let lines = documents.enumerated().map { number, json in
            String(decoding: json.dropLast(), as: UTF8.self) + ",\"version\":\(number)}\n"
        }
        let text = Array(lines.joined().utf8)
        switch compression {
        case .none: #expect(whole == text)
        case .gzip:
            #expect(try gunzip(whole).map(Array.init) == text)
            // No time, no name.
            #expect(Array(whole[3..<8]) == [0, 0, 0, 0, 0])
        case .zstd:
            var room = [UInt8](repeating: 0, count: text.count)
            var decompressor = try ZstdDecompressor()
            let length = try whole.withUnsafeBytes { frame in
                try room.withUnsafeMutableBytes { try decompressor.decompress(frame, into: $0) }
            }
            #expect(length == text.count && room == text)
        }
    }
}
