import JSON
import TestSupport
import Testing

/// Members are found wherever they stand, and of each the last counts.
@Suite struct JSONMemberOrderTests {
    /// Names of the same few lengths, more than fit a word of bits, with an empty one among them.
    private static let names = (0..<70).map { $0 == 69 ? "" : String(repeating: "n", count: $0 % 4) + "\($0 * 3 % 70)" }

    private let plan = JSONPlan(
        names.enumerated().map { slot, name in
            switch slot % 3 {
            case 0: .init(name, .string, slot: slot)
            case 1: .init(name, .object([.init("", .string, slot: slot), .init("b", .string, slot: 70 + slot)]))
            default: .init(name, .items, slot: slot)
            }
        }
    )

    @Test func anyOrderAndAnyRepetitionGivesTheLast() throws {
        var random = SeededRandom()
        let extractor = JSONExtractor(plan)
        for _ in 0..<2_000 {
            var wanted: [Int: [String]] = [:]
            var members: [String] = []
            for _ in 0..<Int.random(in: 1...90, using: &random) {
                let slot = Int.random(in: 0..<80, using: &random)
                guard slot < 70 else {
                    members.append("\"m\(slot)\":{\"b\":[\"\"]}")
                    continue
                }
                // Not there at all, there once, or there with both members.
                let values = (0..<Int.random(in: 0...2, using: &random)).map { "v\($0 + members.count)" }
                for inner in [slot, 70 + slot] { wanted[inner] = nil }
                let value: String
                switch slot % 3 {
                case 0:
                    value = values.first.map { "\"\($0)\"" } ?? "null"
                    wanted[slot] = values.first.map { [$0] }
                case 1:
                    let inner = zip(["", "b"], values).map { "\"\($0)\":\"\($1)\"" }
                    value = "{\(inner.shuffled(using: &random).joined(separator: ","))}"
                    for (inner, value) in zip([slot, 70 + slot], values) { wanted[inner] = [value] }
                default:
                    value = "[\(values.joined(separator: ","))]".replacing("v", with: "")
                    wanted[slot] = values.map { $0.replacing("v", with: "") }
                }
                members.append("\"\(Self.names[slot])\":\(value)")
            }
            let text = "{\(members.joined(separator: ","))}"
            let bytes = Array(text.utf8) + [UInt8](repeating: 0x5D, count: JSONExtractor.padding)
            bytes.withUnsafeBytes { buffer in
                let end = buffer.count - JSONExtractor.padding
                let outcome = extractor.read(UnsafeRawBufferPointer(rebasing: buffer[0..<end]))
                #expect(outcome == .read, "\(random)")
                for slot in 0..<140 where slot < 70 || (slot - 70) % 3 == 1 {
                    var found: [String]? = extractor.string(slot).map { [String(decoding: $0, as: UTF8.self)] }
                    if slot < 70, slot % 3 == 2 {
                        found = (0..<extractor.count(slot)).compactMap { element in
                            extractor.string(slot, element: element).map { String(decoding: $0, as: UTF8.self) }
                        }
                    }
                    #expect((found ?? []) == (wanted[slot] ?? []), "\(slot) of \(text), \(random)")
                }
            }
        }
    }
}
