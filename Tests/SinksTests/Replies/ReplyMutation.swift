import TestSupport

/// Damages the body of a `_bulk` reply in ways that a seed repeats.
struct ReplyMutation {
    private(set) var body: [UInt8]
    private var random: SeededRandom

    /// What a broken or hostile engine might put anywhere.
    private static let pieces = [
        #""status":201"#, #""status":200,"#, #","status":429"#, #""status":0201"#, #""status":2.01e2"#,
        #""status":-201"#,
        #""status":99999999999999999999999"#, #""status":"201""#, #""status":null"#, #"{"index":{"status":201}}"#,
        #",{"index":{"status":201}}"#, #"{"index":{"status":429},"create":{"status":201}}"#, #""items":[]"#,
        #","items":[{"index":{"status":201}}]"#, #""errors":false,"#, #""_id":"312","#, #""_id":"311","#, #""_id":7,"#,
        #""_id":null,"#, #""error":{"type":"strict_dynamic_mapping_exception"},"#, #""error":{},"#, #""error":null,"#,
        #""error":"text","#, #""type":"index_closed_exception","#, #""st\u0061tus":201,"#, "{", "}", "[", "]", ",", ":",
        "\"", "\\", "\u{0}", "\u{1}", " ", "\n", "null", "true", "é", "\u{FEFF}", "{}", "[]", "[[[[[[[[", "201",
        "1e400",
    ].map { Array($0.utf8) }

    init(_ replies: [[UInt8]], _ random: SeededRandom) {
        self.random = random
        body = replies[Int.random(in: 0..<replies.count, using: &self.random)]
        let other = replies[Int.random(in: 0..<replies.count, using: &self.random)]
        let steps = [1, 1, 1, 1, 2, 2, 3, 6]
        for _ in 0..<steps[Int.random(in: 0..<steps.count, using: &self.random)] { damage(other) }
    }

    private mutating func damage(_ other: [UInt8]) {
        let at = Int.random(in: 0...body.count, using: &random)
        let length = Int.random(in: 0...min(120, body.count - at), using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1:
            guard at < body.count else { return }
            body[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2:
            guard at < body.count else { return }
            body[at] = UInt8.random(in: 0...255, using: &random)
        case 3: body.removeLast(body.count - at)
        case 4: body.removeSubrange(at..<at + length)
        case 5: body.insert(contentsOf: body[at..<at + length], at: at)
        case 6:
            let from = Int.random(in: 0..<other.count, using: &random)
            let end = min(other.count, from + Int.random(in: 1...200, using: &random))
            body.replaceSubrange(at..<at + length, with: other[from..<end])
        case 7: moveItem()
        default:
            let piece = Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
            // Between two tokens as often as anywhere.
            let place = Bool.random(using: &random) ? tokenEnd(from: at) : at
            body.insert(contentsOf: piece, at: place)
        }
    }

    private func tokenEnd(from start: Int) -> Int {
        (body[start...].firstIndex { [44, 123, 91].contains($0) } ?? body.count - 1) + 1
    }

    /// An item is left out, or stands twice, at another place.
    private mutating func moveItem() {
        let start = Array(#"{"index":"#.utf8)
        let starts = body.indices.filter { body[$0] == start[0] && body[$0...].starts(with: start) }
        guard starts.count > 1 else { return }
        let index = Int.random(in: 0..<starts.count - 1, using: &random)
        let item = Array(body[starts[index]..<starts[index + 1]])
        if Bool.random(using: &random) { body.removeSubrange(starts[index]..<starts[index + 1]) }
        if Bool.random(using: &random) { body.insert(contentsOf: item, at: starts[0]) }
    }
}
