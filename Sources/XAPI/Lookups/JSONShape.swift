internal import JSON

/// Whether bytes are one whole JSON object, without looking into it.
enum JSONShape {
    static func isObject(_ bytes: [UInt8]) -> Bool {
        let extractor = JSONExtractor(JSONPlan([.init("data", .present, slot: 0)]))
        let padded = bytes + [UInt8](repeating: 0, count: JSONExtractor.padding)
        return padded.withUnsafeBytes {
            extractor.read(UnsafeRawBufferPointer(rebasing: $0[0..<bytes.count])) == .read
        }
    }
}
