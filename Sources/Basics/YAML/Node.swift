/// A YAML document as a tree that remembers its lines.
public indirect enum Node: Sendable {
    /// A text, a number, anything without parts; everything is text until its reader knows better.
    case scalar(String, line: Int)
    /// A list.
    case sequence([Node], line: Int)
    /// Names with values, in the file's order; no name twice.
    case mapping([Entry], line: Int)

    /// A name with its value.
    public struct Entry: Sendable {
        /// The name.
        public let key: String
        /// The line that the name stands in, from 1.
        public let line: Int
        /// The value.
        public let value: Node
        /// Whether the value is written without quotes and a comment stands behind it on its line: a `#` that was perhaps meant to
        /// be a part of it.
        public let hasCommentBehindValue: Bool
    }

    /// The line that the node begins in, from 1.
    public var line: Int {
        switch self {
        case .scalar(_, let line), .sequence(_, let line), .mapping(_, let line): line
        }
    }

    /// The text of a scalar, or nil.
    public var text: String? {
        if case .scalar(let text, _) = self { return text }
        return nil
    }

    /// The members of a list, or nil.
    public var items: [Node]? {
        if case .sequence(let items, _) = self { return items }
        return nil
    }

    /// The names of a mapping with their values, or nil.
    public var entries: [Entry]? {
        if case .mapping(let entries, _) = self { return entries }
        return nil
    }

    /// The value of a name in a mapping, or nil.
    public subscript(key: String) -> Node? {
        entries?.first { $0.key == key }?.value
    }
}

/// What makes a text no YAML, or more of it than is read, and where.
public struct YAMLError: Error, CustomStringConvertible, Sendable {
    /// What is wrong.
    public let message: String
    /// The file's name, as given.
    public let name: String
    /// The line, from 1.
    public let line: Int
    /// The column, from 1.
    public let column: Int

    /// The place and what is wrong there.
    public var description: String { "\(name), line \(line), column \(column): \(message)" }
}
