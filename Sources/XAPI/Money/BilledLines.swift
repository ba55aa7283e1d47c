internal import JSON

/// Tells which lines of a stream X bills.
///
/// Those with `data`. A line that cannot be read, or was cut, counts where it may be a post.
///
/// One thread at a time.
public final class BilledLines {
    private static let post = Array("{\"data\":".utf8)

    private let extractor = JSONExtractor(JSONPlan([.init("data", .present, slot: 0)]))
    private var copy: [UInt8] = []

    /// Makes a judge of lines.
    public init() {}

    /// Whether X bills a line.
    ///
    /// - Parameters:
    ///   - line: without its LF.
    ///   - isWhole: whether its LF came; a fragment is a post that was cut, unless it says otherwise.
    public func isBilled(_ line: UnsafeRawBufferPointer, isWhole: Bool = true) -> Bool {
        if BilledLines.beginsLikePost(line) { return true }
        switch LineOpening(line) {
        case .blank, .foreign: return false
        case .brace: return !isWhole
        case .object: break
        }
        copy.removeAll(keepingCapacity: true)
        copy.append(contentsOf: line)
        copy.append(contentsOf: repeatElement(0, count: JSONExtractor.padding))
        return copy.withUnsafeBytes { bytes in
            switch extractor.read(UnsafeRawBufferPointer(rebasing: bytes[..<line.count])) {
            case .read: extractor.isPresent(0)
            case .malformed, .wrongType, .noMemory: true
            }
        }
    }

    /// Whether a line begins as X writes posts.
    static func beginsLikePost(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count >= post.count && post.indices.allSatisfy { line[$0] == post[$0] }
    }
}

/// What a line begins with, as far as it has come.
enum LineOpening {
    /// Nothing but blanks: a keep-alive.
    case blank
    /// The brace of an object, and nothing behind it.
    case brace
    /// A JSON object.
    case object
    /// Something that X never sends.
    case foreign

    init(_ line: some Sequence<UInt8>) {
        self = .blank
        for byte in line where ![32, 9, 13].contains(byte) {
            switch (self, byte) {
            case (.blank, UInt8(ascii: "{")): self = .brace
            case (.brace, UInt8(ascii: "\"")), (.brace, UInt8(ascii: "}")):
                self = .object
                return
            default:
                self = .foreign
                return
            }
        }
    }
}
