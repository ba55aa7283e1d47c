import Foundation
import TestSupport
import Testing

/// The units and the crontab line of `packaging/`, as far as a machine without systemd running can try them.
@Suite(.timeLimit(.minutes(20)))
struct PackagingTests {
    private static let packaging = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("packaging")
    private static let units = ["reprise-record", "reprise-run", "reprise-refresh"]

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.packaging.appendingPathComponent(path), encoding: .utf8)
    }

    /// Whether the program knows the command, and each of the options that stand behind it.
    private func check(_ line: String, _ folder: TemporaryFolder) throws {
        let words = line.split(separator: " ").map(String.init)
        let help = try RunningProgram(Surroundings.reprise(), [words[1], "--help"], in: folder).wait()
        let known = String(decoding: help.output, as: UTF8.self)
        #expect(help.status == 0 && words[0].hasSuffix("reprise"), "\(line)")
        for option in words where option.hasPrefix("--") {
            #expect(known.contains("\(option) ") || known.contains("\(option)\n"), "\(option) of: \(line)")
        }
    }

    @Test(.needs(.tool("systemd-analyze"))) func systemdTakesTheUnits() throws {
        let folder = try TemporaryFolder()
        let program = try Surroundings.reprise()
        var files: [String] = []
        for name in Self.units.map({ "\($0).service" }) + ["reprise-record.timer", "reprise-refresh.timer"] {
            let unit = try text("systemd/\(name)").replacingOccurrences(of: "/usr/local/bin/reprise", with: program)
            try unit.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
            files.append("\(folder.path)/\(name)")
        }
        let result = try RunningProgram(
            Surroundings.path(.tool("systemd-analyze")),
            ["verify"] + files,
            in: folder
        ).wait()
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        // What it would say of a setting that systemd does not know, or the test could not fail.
        try "[Service]\nExecStart=\(program)\nProtectEverything=yes\n".write(
            toFile: "\(folder.path)/wrong.service",
            atomically: true,
            encoding: .utf8
        )
        let wrong = try RunningProgram(
            Surroundings.path(.tool("systemd-analyze")),
            ["verify", "\(folder.path)/wrong.service"],
            in: folder
        ).wait()
        #expect(wrong.errors.contains("ProtectEverything"))
    }

    @Test(arguments: units) func theUnitIsHardenedAndItsCommandIsOneOfOurs(name: String) throws {
        let folder = try TemporaryFolder()
        let lines = try text("systemd/\(name).service").split(separator: "\n").map(String.init)
        for setting in ["NoNewPrivileges=yes", "User=reprise", "ProtectSystem=strict", "CapabilityBoundingSet="] {
            #expect(lines.contains(setting), "\(setting)")
        }
        let start = try #require(lines.first { $0.hasPrefix("ExecStart=") })
        try check(String(start.dropFirst("ExecStart=".count)), folder)
    }

    /// What is typed into a shell stands in its history, and may show in the list of processes.
    @Test func noPageLetsASecretBeTypedIntoAShell() throws {
        for path in ["README.md", "../README.md", "cron/reprise-refresh"] {
            for line in try text(path).split(separator: "\n") {
                #expect(!line.contains("<<<") && !line.contains("echo "), "\(path): \(line)")
                #expect(line.firstMatch(of: /(TOKEN|PASSWORD|API_KEY)=[^ "$]/) == nil, "\(path): \(line)")
            }
        }
    }

    /// A service that starts before its settings are there ends with 78, and stays away.
    @Test func settingsAndCredentialsComeBeforeTheServices() throws {
        let page = try text("README.md").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        func place(_ word: String) throws -> Int {
            try #require(page.firstIndex { $0.hasPrefix("    ") && $0.contains(word) }, "\(word)")
        }
        let enabling = try place("systemctl enable")
        for word in ["editor /etc/reprise/environment", "editor /etc/reprise/reprise.yaml", "budget: "] {
            #expect(try place(word) < enabling, "\(word)")
        }
        #expect(try place("systemctl daemon-reload") < enabling)
    }

    @Test func theCrontabLineIsAPassOfOurs() throws {
        let folder = try TemporaryFolder()
        let lines = try text("cron/reprise-refresh").split(separator: "\n")
        let jobs = lines.filter { !$0.hasPrefix("#") && !$0.contains("=") || $0.hasPrefix("*") }
        let job = try #require(jobs.first)
        #expect(jobs.count == 1)
        let fields = job.split(separator: " ", maxSplits: 6)
        #expect(fields[0] == "*/5" && fields[5] == "reprise")
        let command = try #require(job.range(of: "exec reprise refresh"))
        try check(String(job[command.lowerBound...].dropFirst("exec ".count)), folder)
    }
}
