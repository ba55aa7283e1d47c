import Encoding
import Foundation
import TestSupport
import Testing

/// Base64 against Foundation's.
@Suite struct Base64Tests {
    private func decode(_ letters: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Base64.decodedCount(letters.utf8.count))
        let length = Array(letters.utf8).withUnsafeBytes { letters in
            bytes.withUnsafeMutableBytes { Base64.decode(letters, to: $0) }
        }
        return length.map { Array(bytes[0..<$0]) }
    }

    @Test func everyLengthOfBytesComesBackAndLooksLikeFoundations() {
        var random = SeededRandom()
        for count in 0..<400 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let letters = Base64.encode(bytes)
            #expect(letters == Data(bytes).base64EncodedString(), "\(random)")
            #expect(letters.utf8.count == Base64.encodedCount(count) && decode(letters) == bytes, "\(random)")
        }
    }

    @Test(arguments: [
        "A", "AB", "ABC", "ABCDE", "AB=C", "A===", "====", "AB==CDEF", "AB=", "AB C", "AB\nC", "ABC-", "AB_D", "ABCÿ",
        "{\"a\"",
    ])
    func whatIsNotBase64IsRefused(text: String) {
        #expect(decode(text) == nil)
    }

    @Test func anyByteThatIsNoLetterIsRefusedInAnyPlace() {
        let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for place in 0..<8 {
            for byte in UInt8.min...UInt8.max {
                var text = Array("QUJDREVG".utf8)
                text[place] = byte
                var bytes = [UInt8](repeating: 0, count: 6)
                let length = text.withUnsafeBytes { text in
                    bytes.withUnsafeMutableBytes { Base64.decode(text, to: $0) }
                }
                let isPadding = byte == 61 && place == 7
                #expect((length != nil) == (letters.contains(byte) || isPadding), "\(place) \(byte)")
            }
        }
    }
}
