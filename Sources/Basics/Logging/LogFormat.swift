internal import Text
public import Time

/// How a message becomes a line.
public enum LogFormat: String, CaseIterable, Sendable {
    /// `2026-11-24T08:33:00.000123Z info recorder: connected status=200`, for people.
    case text
    /// One JSON object a line, `{"time":…,"level":…,"label":…,"message":…,"metadata":{…}}`, for machines; metadata that reads as
    /// a number is one.
    case json

    /// The line for a message, with its LF.
    ///
    /// What a text hides is escaped in both formats (`Unicode.Scalar.isHidden`), so a message is always one line and can never move
    /// a terminal's cursor or turn text around, whatever a server put into it.
    public func line(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) -> String {
        switch self {
        case .text:
            var line = "\(time.rfc3339) \(level.rawValue) \(label): "
            line.appendEscapingControls(message)
            for (key, value) in metadata {
                line += " \(key)="
                if value.isEmpty || value.unicodeScalars.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) {
                    line.appendJSON(value)
                } else {
                    line.appendEscapingControls(value)
                }
            }
            return line + "\n"
        case .json:
            var line = "{\"time\":\"\(time.rfc3339)\",\"level\":\"\(level.rawValue)\",\"label\":"
            line.appendJSON(label)
            line += ",\"message\":"
            line.appendJSON(message)
            if !metadata.isEmpty {
                line += ",\"metadata\":{"
                for (index, (key, value)) in metadata.enumerated() {
                    if index > 0 { line += "," }
                    line.appendJSON(key)
                    line += ":"
                    if value.isJSONNumber { line += value } else { line.appendJSON(value) }
                }
                line += "}"
            }
            return line + "}\n"
        }
    }
}

extension String {
    fileprivate mutating func appendEscapingControls(_ text: String) {
        self += text.visible()
    }

    fileprivate mutating func appendJSON(_ text: String) {
        self += "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                self += "\\"
                unicodeScalars.append(scalar)
            } else if scalar.isHidden {
                self += scalar.escape
            } else {
                unicodeScalars.append(scalar)
            }
        }
        self += "\""
    }

    /// Whether it is a number as JSON writes it, and one that every reader can hold exactly: 15 digits at most.
    fileprivate var isJSONNumber: Bool {
        let digits = utf8.first == UInt8(ascii: "-") ? dropFirst() : self[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), digits.utf8.count <= 15,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return false }
        return parts[0].utf8.count == 1 || parts[0].utf8.first != 48
    }
}
