import Foundation

/// A tracked file of the project.
struct SourceFile {
    /// Its path from the project's folder, `Sources/Journal/Journal.swift` for example.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The target it belongs to; empty outside Sources.
    var target: String {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count > 2, parts[0] == "Sources" else { return "" }
        return ["Basics", "CLibraries"].contains(parts[1]) ? parts[2] : parts[1]
    }
}

/// A breach of a house rule.
struct Finding: Error, CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(what)" }
}

/// The project as it stands.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Files that git tracks or would track; throws where git does not say, for over no files every rule would hold.
    static func tracked() throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, !text.isEmpty else {
            throw Finding(path: root, line: 1, what: "git ls-files fails here: the tidy tests need a clone")
        }
        return text.split(separator: "\n").map(String.init).filter {
            FileManager.default.fileExists(atPath: "\(root)/\($0)")
        }
    }

    static func files(_ isWanted: (String) -> Bool) throws -> [SourceFile] {
        try tracked().filter(isWanted).compactMap { path in
            guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
                let text = String(data: data, encoding: .utf8)
            else { return nil }
            return SourceFile(path: path, text: text)
        }
    }

    static func swift(_ folder: String) throws -> [SourceFile] {
        try files { $0.hasPrefix(folder + "/") && $0.hasSuffix(".swift") }
    }
}
