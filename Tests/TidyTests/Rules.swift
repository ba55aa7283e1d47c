import Foundation

/// The house rules, each a function from files to findings, so that a canary can try it on a bad one.
enum Rules {
    /// The targets in the order of Package.swift: a target imports only those before it.
    static func targets(_ manifest: String) -> [String] {
        let pattern =
            /(?:library|basics|room)\(\s*"(\w+)"|name: "(CSimdJSON|reprise)", (?:path|dependencies)|\.executableTarget\(\s*name: "(\w[\w-]*)"/
        return manifest.matches(of: pattern).compactMap { match in
            [match.output.1, match.output.2, match.output.3].compactMap { $0 }.first.map(String.init)
        }
    }

    /// Modules that write no time down: all their time is monotonic.
    private static let withoutWallClock: Set<String> = [
        "Failures", "Files", "SQLite", "Lifecycle", "HTTPClient", "HTTPServer", "Transform", "Index", "Sinks", "Feeds",
    ]

    static func bannedCalls(_ file: SourceFile) -> [Finding] {
        let leftToDo = "a note that something is left to do"
        var banned = [
            (#"\b(TODO|FIXME|XXX)\b"#, leftToDo), (#"\bfatalError\("#, "fatalError"),
            (#"\btry!"#, "try!"), (#"\bas!"#, "as!"), (#"\bdebugPrint\("#, "debugPrint"),
        ]
        if file.target != "reprise" {
            banned.append((#"(^|[^.\w])print\("#, "a library that prints"))
            banned.append(
                (#"\bgetenv\(|ProcessInfo\.processInfo\.environment"#, "a library that reads the environment")
            )
        }
        if ["Transform", "Journal", "Replayer", "Index"].contains(file.target) {
            banned.append(
                (
                    #"\bDate\(\)|\.random\(|SystemRandomNumberGenerator|\.randomElement\("#,
                    "time or chance from no parameter"
                )
            )
        }
        if ["Journal", "Sinks", "Replayer", "Feeds", "Refresher", "Recorder"].contains(file.target) {
            banned.append(
                (
                    #"\b(pwritev?|preadv?|fdatasync|fsync|ftruncate|posix_fallocate|Glibc\.\w+)\("#,
                    "a call into the file system past the Disk protocol"
                )
            )
        }
        if !["Simulator", "SQLite"].contains(file.target) {
            banned.append((#"\b(u|nano)?sleep\(|Thread\.sleep|Task\.sleep"#, "a wait that hears no shutdown"))
        }
        if Rules.withoutWallClock.contains(file.target) {
            banned.append((#"\bWallClock\b|CLOCK_REALTIME"#, "the wall clock where only time that passes counts"))
        }
        // A wait, deadline or back-off that is computed from a time of day changes whenever somebody sets the clock.
        banned.append(
            (#"wait\(for: [^\n]*\b(clock\.now|Timestamp)\b|Deadline\([^\n]*\bTimestamp\b"#, "a wait by the wall clock")
        )
        banned = banned.filter { file.text.range(of: $0.0, options: .regularExpression) != nil }
        guard !banned.isEmpty else { return [] }
        return file.lines.enumerated().flatMap { index, line in
            // Comments may speak of a call, but must not put work off.
            let isComment = line.drop { $0 == " " }.hasPrefix("//")
            return banned.filter { line.range(of: $0.0, options: .regularExpression) != nil }
                .filter { !isComment || $0.1 == leftToDo }
                .map { Finding(path: file.path, line: index + 1, what: $0.1) }
        }
    }

    /// Where this machine keeps things; a wildcard, as in a search for a toolchain, is no such path.
    static func machinePaths(_ file: SourceFile) -> [Finding] {
        let folders = ["work", "opt/swift", "root"].joined(separator: "|")
        let pattern = "(^|[^A-Za-z0-9_.~$}*-])/(\(folders))(?![-\\w*])"
        guard file.text.range(of: pattern, options: .regularExpression) != nil else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            guard line.range(of: pattern, options: .regularExpression) != nil else { return nil }
            return Finding(path: file.path, line: index + 1, what: "a path of one machine")
        }
    }

    static func imports(_ file: SourceFile, order: [String]) -> [Finding] {
        guard let own = order.firstIndex(of: file.target) else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            guard line.contains("import "),
                let match = line.firstMatch(
                    of: /^(?:@testable )?(?:(?:public|internal|package|private) )?import (\w+)/
                ),
                let other = order.firstIndex(of: String(match.output.1))
            else { return nil }
            if other >= own {
                return Finding(
                    path: file.path,
                    line: index + 1,
                    what: "\(file.target) imports \(match.output.1), which stands above it"
                )
            }
            if file.target == "Simulator", !file.path.hasPrefix("Sources/Basics"),
                other >= (order.firstIndex(of: "Journal") ?? 0)
            {
                return Finding(path: file.path, line: index + 1, what: "the simulator imports basics only")
            }
            return nil
        }
    }

    /// Each C module is imported by one target.
    static func cImporters(_ files: [SourceFile], modules: [String]) -> [Finding] {
        var importers: [String: String] = [:]
        var findings: [Finding] = []
        for file in files {
            for (index, line) in file.lines.enumerated() {
                guard line.contains("import "),
                    let match = line.firstMatch(of: /^(?:internal |public )?import (C[A-Z]\w+)/),
                    modules.contains(String(match.output.1))
                else { continue }
                let module = String(match.output.1)
                if let first = importers[module], first != file.target {
                    findings.append(Finding(path: file.path, line: index + 1, what: "\(module) is \(first)'s"))
                }
                importers[module] = importers[module] ?? file.target
            }
        }
        return findings
    }

    static func length(_ file: SourceFile, limit: Int) -> [Finding] {
        let count = file.lines.count
        return count > limit
            ? [Finding(path: file.path, line: count, what: "\(count) lines, \(limit) at most: split it by idea")] : []
    }

    /// Functions that need scrolling; their end is the brace at their own depth.
    static func functionLength(_ file: SourceFile, limit: Int) -> [Finding] {
        let lines = file.lines
        return lines.indices.compactMap { start in
            guard lines[start].hasSuffix("{") || lines[start].hasSuffix("("),
                let match = lines[start].firstMatch(of: /^(\s*)(?:[@\w()]+ )*(?:func \S|init[?(<]|deinit)/),
                let end = lines[start...].firstIndex(where: { $0 == match.output.1 + "}" })
            else { return nil }
            let count = end - start + 1
            return count > limit
                ? Finding(path: file.path, line: start + 1, what: "a function of \(count) lines, \(limit) at most")
                : nil
        }
    }

    /// What the compiler cannot check about threads has its reason beside it.
    static func uncheckedSendability(_ file: SourceFile) -> [Finding] {
        let lines = file.lines
        return lines.indices.compactMap { index in
            guard lines[index].contains("@unchecked Sendable") || lines[index].contains("nonisolated(unsafe)"),
                !lines[index].trimmingCharacters(in: .whitespaces).hasPrefix("//")
            else { return nil }
            let beside = lines[max(0, index - 2)...min(lines.count - 1, index + 2)]
            return beside.contains { $0.contains("//") }
                ? nil : Finding(path: file.path, line: index + 1, what: "unchecked for threads, without a reason")
        }
    }

    /// Public declarations have a comment that begins with `///`.
    static func documentation(_ file: SourceFile) -> [Finding] {
        let lines = file.lines
        return lines.indices.compactMap { index in
            guard lines[index].contains("public "),
                lines[index].firstMatch(
                    of:
                        /^\s*public (static |final |mutating |nonisolated |private\(set\) |internal\(set\) )*(func|var|let|init|struct|class|enum|protocol)\b/
                ) != nil
            else { return nil }
            var above = index - 1
            while above >= 0, lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") { above -= 1 }
            let comment = above >= 0 ? lines[above].trimmingCharacters(in: .whitespaces) : ""
            return comment.hasPrefix("///")
                ? nil : Finding(path: file.path, line: index + 1, what: "a public name without a comment")
        }
    }
}
