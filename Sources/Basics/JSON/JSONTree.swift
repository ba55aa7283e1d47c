/// JSON to be written, as literals of Swift; the members of an object keep their order.
public enum JSONTree: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONTree])
    /// An object.
    case object([(name: String, value: JSONTree)])

    /// The JSON without blanks and line ends.
    public var bytes: [UInt8] {
        var out: [UInt8] = []
        write(to: &out)
        return out
    }

    /// The same as text: what a JSON string holds where JSON is put into JSON.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += Array("null".utf8)
        case .bool(let value): out += Array("\(value)".utf8)
        case .integer(let value): out += Array("\(value)".utf8)
        case .string(let value): JSONString.encode(value, into: &out)
        case .array(let elements):
            out.append(91)
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(44) }
                element.write(to: &out)
            }
            out.append(93)
        case .object(let members):
            out.append(123)
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(44) }
                JSONString.encode(member.name, into: &out)
                out.append(58)
                member.value.write(to: &out)
            }
            out.append(125)
        }
    }
}

extension JSONTree: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation {
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }

    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONTree: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// An array.
    public init(arrayLiteral elements: JSONTree...) { self = .array(elements) }

    /// An object, its members in the order written.
    public init(dictionaryLiteral elements: (String, JSONTree)...) {
        self = .object(elements.map { (name: $0.0, value: $0.1) })
    }
}
