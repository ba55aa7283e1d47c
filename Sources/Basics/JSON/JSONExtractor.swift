internal import CSimdJSON

/// Takes the values that a plan names out of JSON documents, in one pass and without allocating.
///
/// The whole document is checked, what nobody wants too: it must be JSON as RFC 8259 has it, in UTF-8, at most 512 levels deep.
/// Names are compared as they stand, so one that is written with escapes is another name. One thread.
public final class JSONExtractor {
    /// What became of a document.
    public enum Outcome: Sendable {
        /// Its values are there.
        case read
        /// It is no JSON object, or more than one.
        case malformed
        /// Values that are wanted have another type, or are numbers that do not fit; they are left out, and all others are there.
        case wrongType
        /// There is not enough memory for a document of this size.
        case noMemory
    }

    /// Bytes that must be readable behind every document.
    public static let padding = reprise_json_padding()

    private let plan: CompiledPlan
    private let parser: OpaquePointer
    private let slotCount: Int

    /// Makes an extractor.
    public init(_ plan: JSONPlan) {
        self.plan = CompiledPlan(plan)
        slotCount = plan.slotCount
        guard let parser = reprise_json_parser_new(slotCount) else {
            preconditionFailure("no memory for a JSON parser")
        }
        self.parser = parser
    }

    deinit { reprise_json_parser_free(parser) }

    /// Reads a document; the values stay until the next call and point into it.
    ///
    /// - Parameter document: one JSON object; `padding` bytes behind it must be readable.
    public func read(_ document: UnsafeRawBufferPointer) -> Outcome {
        let outcome = reprise_json_extract(
            parser,
            document.baseAddress?.assumingMemoryBound(to: CChar.self),
            document.count,
            plan.members
        )
        switch outcome {
        case REPRISE_JSON_OK: return .read
        case REPRISE_JSON_WRONG_TYPE: return .wrongType
        case REPRISE_JSON_NO_MEMORY: return .noMemory
        default: return .malformed
        }
    }

    /// How many values of the last document were left out, because they have another type than wanted or do not fit.
    public var leftOutCount: Int { Int(reprise_json_left_out(parser)) }

    /// A string's raw content, or nil where the document has none.
    public func string(_ slot: Int) -> UnsafeRawBufferPointer? {
        let value = value(slot)
        guard let bytes = value.string.bytes else { return nil }
        return UnsafeRawBufferPointer(start: bytes, count: value.string.length)
    }

    /// An integer, or nil where the document has none.
    public func integer(_ slot: Int) -> Int64? {
        let value = value(slot)
        return value.present != 0 ? value.integer : nil
    }

    /// Whether the document has a value that is not null.
    public func isPresent(_ slot: Int) -> Bool { value(slot).present != 0 }

    /// How many elements an array had.
    public func count(_ slot: Int) -> Int {
        precondition(slot >= 0 && slot < slotCount)
        var count = 0
        _ = reprise_json_list(parser, CInt(slot), &count)
        return count
    }

    /// The raw content of an element's string, or the bytes of an item; nil where that element has none.
    public func string(_ slot: Int, element: Int) -> UnsafeRawBufferPointer? {
        precondition(slot >= 0 && slot < slotCount)
        var count = 0
        guard let list = reprise_json_list(parser, CInt(slot), &count), element >= 0, element < count,
            let bytes = list[element].bytes
        else { return nil }
        return UnsafeRawBufferPointer(start: bytes, count: list[element].length)
    }

    private func value(_ slot: Int) -> reprise_json_value {
        precondition(slot >= 0 && slot < slotCount)
        return reprise_json_values(parser)[slot]
    }
}
