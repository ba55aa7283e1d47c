import Foundation
import Testing

@testable import XAPI

/// Which bytes of a stream are billed posts, wherever it is cut and however it comes in chunks.
struct BilledPostScannerTests {
    private static let post = #"{"data":{"id":"1","text":"a\nb {\"data\":"},"matching_rules":[]}"#
    private static let error = #"{"errors":[{"title":"Forbidden","resource_type":"tweet","resource_id":"1"}]}"#
    /// A post in another order, one with errors, one with blanks.
    private static let others = [
        #"{"matching_rules":[],"data":{"id":"2"}}"#, #"{"errors":[{"title":"x"}],"data":{"id":"3"}}"#,
        #" { "data" : {"id":"4"}}"#,
    ]
    private static let notice =
        #"{"title":"operational-disconnect","type":"https://api.x.com/2/problems/operational-disconnect"}"#

    private static let lines: [(text: String, isPost: Bool)] =
        [("", false), (post, true), (error, false), (error, false), ("", false)] + others.map { ($0, true) }
        + [(notice, false), (post, true), (#"{"data":null}"#, true), ("{}", false), (post, true)]

    private func count(_ bytes: ArraySlice<UInt8>, chunk: Int) -> (posts: Int, fragment: Int, BilledPostScanner.Content)
    {
        var scanner = BilledPostScanner()
        var (posts, start) = (0, bytes.startIndex)
        while start < bytes.endIndex {
            let end = min(start + chunk, bytes.endIndex)
            Array(bytes[start..<end]).withUnsafeBytes { posts += scanner.take($0) }
            start = end
        }
        let content = scanner.content
        return (posts, scanner.endConnection(), content)
    }

    @Test(arguments: [1, 2, 7, 16, 1_000_000]) func aCutAtEachByteCountsEachPostThatHasBegun(chunk: Int) {
        for ending in ["\r\n", "\n"] {
            let bytes = Array(Self.lines.map { $0.text + ending }.joined().utf8)
            // The lines' beginnings.
            var starts: [(Int, Bool)] = []
            var place = 0
            for line in Self.lines {
                if let first = line.text.utf8.firstIndex(of: UInt8(ascii: "{")) {
                    starts.append((place + line.text.utf8.distance(from: line.text.startIndex, to: first), line.isPost))
                }
                place += line.text.utf8.count + ending.utf8.count
            }
            for cut in 0...bytes.count {
                let (posts, fragment, content) = count(bytes[..<cut], chunk: chunk)
                let begun = starts.filter { $0.0 < cut }
                let billed = begun.count { $0.1 }
                // A line without a post that was cut cannot be told from a post.
                let isDoubtful = begun.last?.1 == false
                #expect(
                    posts + fragment >= billed && posts + fragment <= billed + (isDoubtful ? 1 : 0),
                    "cut at \(cut)"
                )
                #expect(content != .foreign, "cut at \(cut)")
            }
            #expect(count(bytes[...], chunk: chunk).posts == Self.lines.count { $0.isPost })
        }
    }

    @Test(arguments: [
        "<html>\n<body>\n", "<!DOCTYPE html>", "\r\n\r\n  <html>{\"data\":1}\n", "Sign in\n{\"data\":{\"id\":\"1\"}}\n",
        "[1]\n",
        "{% if x %}\n{\"data\":1}\n", "{margin:0}\n", "{\n\"data\": 1}\n", "\u{FEFF}{\"data\":1}\n", "\0\n", "null\n",
        "5\n",
    ])
    func whatIsNotJSONIsForeignAndNothingOfItIsBilledAtFirst(text: String) {
        for chunk in [1, 3, 100_000] {
            #expect(count(Array(text.utf8)[...], chunk: chunk).2 == .foreign, "\(text), \(chunk)")
        }
    }

    @Test func aPageBehindPostsIsNotBilled() {
        let text = Self.post + "\n<html>\n<p>line</p>\n</html>\n" + Self.post + "\n<htm"
        let (posts, fragment, content) = count(Array(text.utf8)[...], chunk: 10)
        #expect(posts == 2 && fragment == 0 && content == .json)
    }

    @Test func aDamagedOrEndlessLineCounts() {
        let endless = "{\"x\":\"" + String(repeating: "y", count: BilledPostScanner.lineByteLimit) + "\"}\n"
        let (posts, _, _) = count(Array((#"{"dat":{"id":}"# + "\n" + endless).utf8)[...], chunk: 4_096)
        #expect(posts == 2)
    }

    @Test func aWholeObjectWithoutItsLineEndIsNoFragmentOfAPost() {
        #expect(count(Array(Self.error.utf8)[...], chunk: 5).fragment == 0)
        #expect(count(Array(Self.post.utf8)[...], chunk: 5).fragment == 1)
        #expect(count(Array("\r".utf8)[...], chunk: 5).fragment == 0)
        #expect(count(Array("{".utf8)[...], chunk: 5).fragment == 1)
    }

    @Test func theNextConnectionBeginsAnew() {
        var scanner = BilledPostScanner()
        Array("{\"da".utf8).withUnsafeBytes { _ = scanner.take($0) }
        #expect(scanner.endConnection() == 1)
        Array("ta\":1}\n".utf8).withUnsafeBytes { #expect(scanner.take($0) == 0) }
        #expect(scanner.content == .foreign)
    }
}
