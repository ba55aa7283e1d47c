import Glibc
import JSON
import TestSupport
import Testing

@Suite struct JSONExtractorTests {
    private let plan = JSONPlan([
        .init("s", .string, slot: 0), .init("i", .integer, slot: 1), .init("p", .present, slot: 2),
        .init("o", .object([.init("inner", .string, slot: 3)])), .init("e", .each([.init("t", .string, slot: 4)])),
    ])

    private func read(_ text: String, _ check: (JSONExtractor) -> Void = { _ in }) -> JSONExtractor.Outcome {
        let extractor = JSONExtractor(plan)
        let bytes = Array(text.utf8) + [UInt8](repeating: 0x5D, count: JSONExtractor.padding)
        return bytes.withUnsafeBytes { buffer in
            let document = UnsafeRawBufferPointer(rebasing: buffer[0..<buffer.count - JSONExtractor.padding])
            let outcome = extractor.read(document)
            check(extractor)
            return outcome
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func valuesStandInTheirSlots() {
        let document = """
             { "x" : [ 1 , {"s":"not this"} ] , "s" : "a\\n\\"b" , "i":-5, "p" :0,
            "o":{"inner":"deep"},"e":[{"t":"one"},{},{"u":1,"t":"three"}]\u{20}} \t
            """
        let outcome = read(document) { found in
            #expect(text(found.string(0)) == "a\\n\\\"b")
            #expect(found.integer(1) == -5)
            #expect(found.isPresent(2))
            #expect(text(found.string(3)) == "deep")
            #expect(found.count(4) == 3)
            #expect((0..<4).map { text(found.string(4, element: $0)) } == ["one", nil, "three", nil])
        }
        #expect(outcome == .read)
    }

    @Test func itemsAreTheirBytesAndCanBeReadAgain() {
        let plan = JSONPlan([.init("a", .items, slot: 0)])
        func items(_ text: String) -> [String]? {
            let extractor = JSONExtractor(plan)
            let bytes = Array(text.utf8) + [UInt8](repeating: 0x5D, count: JSONExtractor.padding)
            return bytes.withUnsafeBytes { buffer in
                let end = buffer.count - JSONExtractor.padding
                guard extractor.read(UnsafeRawBufferPointer(rebasing: buffer[0..<end])) == .read else { return nil }
                return (0..<extractor.count(0)).map { self.text(extractor.string(0, element: $0)) ?? "none" }
            }
        }
        let mixed = items(#"{"a":[ {"b":[1, 2]} , "s\\q" ,-1.5e3,[ ],null , true]}"#)
        #expect(mixed == [#"{"b":[1, 2]}"#, #""s\\q""#, "-1.5e3", "[ ]", "null", "true"])
        #expect(items(#"{"a":[]}"#) == [])
        #expect(items(#"{"a":["x"],"a":null}"#) == [], "the last counts")
        #expect(items(#"{"a":["x"],"a":["y","z"]}"#) == [#""y""#, #""z""#])
        #expect(items(#"{"a":[1,{"b":}]}"#) == nil)
    }

    @Test func nullIsAsIfItWereNotThere() {
        let outcome = read(#"{"s":null,"i":null,"p":null,"o":null,"e":null}"#) { found in
            #expect(found.string(0) == nil)
            #expect(found.integer(1) == nil)
            #expect(!found.isPresent(2))
            #expect(found.string(3) == nil)
            #expect(found.count(4) == 0)
        }
        #expect(outcome == .read)
    }

    @Test func ofANameThatStandsTwiceNothingIsLeftOfTheFirst() {
        let outcome = read(#"{"o":{"inner":"a"},"e":[{"t":"a"}],"s":"a","o":{},"e":[{"t":"b"}],"s":"b"}"#) { found in
            #expect(found.string(3) == nil)
            #expect(found.count(4) == 1)
            #expect(text(found.string(4, element: 0)) == "b")
            #expect(text(found.string(0)) == "b")
        }
        #expect(outcome == .read)
    }

    @Test(arguments: [
        ("0", Int64(0)), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551617", nil),
        ("99999999999999999999999", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("true", nil), ("[]", nil),
    ]) func anIntegerIsWholeAndFits64Bits(number: String, expected: Int64?) {
        let outcome = read("{\"i\":\(number)}") { found in
            if expected != nil { #expect(found.integer(1) == expected) }
        }
        #expect(outcome == (expected == nil ? .wrongType : .read), "\(number)")
    }

    @Test(arguments: [
        #"{"x":[1,2}"#, #"{"x":[1 2]}"#, #"{"x":[1,]}"#, #"{"x":[,1]}"#, #"{"x":{"a"}}"#, #"{"x":{"a":1,}}"#,
        #"{"x":{1:1}}"#,
        #"{"x":"a":"b"}"#, #"{"x":"a" "b"}"#, #"{"x":"a"b}"#, #"{"x":01}"#, #"{"x":-}"#, #"{"x":1.}"#, #"{"x":.5}"#,
        #"{"x":1e}"#,
        #"{"x":1e+}"#, #"{"x":+1}"#, #"{"x":nul}"#, #"{"x":nulll}"#, #"{"x":True}"#, #"{"x":truefalse}"#, #"{"x":}"#,
        #"{"x"}"#,
        #"{"x":"\q"}"#, #"{"x":"\u12g4"}"#, #"{"x":"\u12"}"#, #"{"x":\n}"#, #"{"x":NaN}"#, #"{"x":Infinity}"#,
        "{\"x\":\"\u{1}\"}",
        #"{"x":1}}"#, #"{{"x":1}"#, #"{"x":1"#, #"{"x":1},"#, #"{"x":1} 2"#, "{", "}", "[]", "7", "\"s\"", "", " ", ":",
        "{\"",
        #"{"s":"a"b}"#, #"{"s":"a":1}"#, #"{"i":1 2}"#, #"{"p":[}"#, #"{"e":[{}}"#, #"{"o":{"inner":"a"]}"#,
    ]) func whatIsNoJSONIsMalformedWherever(document: String) {
        #expect(read(document) == .malformed, "\(document)")
    }

    @Test func depthHasALimit() {
        func nested(_ levels: Int, _ open: String, _ close: String) -> String {
            "{\"x\":" + String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels) + "}"
        }
        #expect(read(nested(511, "[", "]")) == .read)
        #expect(read(nested(512, "[", "]")) == .malformed)
        #expect(read(nested(511, "{\"a\":", "}")) == .read)
        #expect(read(nested(512, "{\"a\":", "}")) == .malformed)
        #expect(read(nested(100_000, "[", "]")) == .malformed)
        #expect(read(String(repeating: "{\"o\":", count: 100_000)) == .malformed)
    }

    /// The document stands so that the padding ends where memory ends: one byte more and the process dies.
    @Test func nothingIsReadBehindThePadding() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let size = 4 * page
        let memory = try #require(mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(memory, size) }
        try #require(mprotect(memory + size - page, page, PROT_NONE) == 0)
        let whole = Array(#"{"s":"a\u00e9","i":12,"x":[true,{"y":1.5e3}],"o":{"inner":"b"},"e":[{"t":"c"}]}"#.utf8)
        let extractor = JSONExtractor(plan)
        for length in 0...whole.count {
            for byte: UInt8 in [0, 0x22, 0x5C, 0x7B, 0x31] {
                let start = memory + size - page - JSONExtractor.padding - length
                memset(start, CInt(byte), length + JSONExtractor.padding)
                whole.withUnsafeBytes { if let base = $0.baseAddress { memcpy(start, base, length) } }
                let outcome = extractor.read(UnsafeRawBufferPointer(start: start, count: length))
                #expect(outcome == (length == whole.count ? .read : .malformed), "\(length) bytes")
            }
        }
    }

    @Test func anExtractorThatReadSomethingLongGoesOnWithShortOnes() {
        let extractor = JSONExtractor(plan)
        for count in [10, 200_000, 10, 3] {
            let document = Array("{\"s\":\"\(String(repeating: "x", count: count))\"}".utf8)
            let bytes = document + [UInt8](repeating: 0, count: JSONExtractor.padding)
            bytes.withUnsafeBytes { buffer in
                #expect(extractor.read(UnsafeRawBufferPointer(rebasing: buffer[0..<document.count])) == .read)
                #expect(extractor.string(0)?.count == count)
            }
        }
    }
}
