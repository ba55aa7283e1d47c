import Foundation
import SQLite
import TestSupport

/// Something that goes wrong beside a recording, and must not touch it.
enum Situation: String, CaseIterable {
    case fullDevice, pipeWithoutReader, silentEngine, busyEngine, refusedMapping, stateLockedAtTheStart,
        stateLockedLater
    case damagedIndex, fullSecondDisk, frozenTerminal, frozenPipe, frozenTerminalOfRecord, frozenPipeOfRecord,
        unreadPages

    /// The command that records.
    var verb: String { self == .frozenTerminalOfRecord || self == .frozenPipeOfRecord ? "record" : "run" }

    /// Whether what the stream says makes the recorder log a lot.
    var logsMuch: Bool { self == .frozenPipe || self == .frozenPipeOfRecord }
}

/// A situation, made: what the program is started with, and what has to be kept until the end.
final class MadeSituation {
    let situation: Situation
    let folder: TemporaryFolder
    let journal: String
    private var sinks: [String] = []
    private var more: [String] = []
    private var server: ScriptedServer?
    private var lock: Connection?
    private var disk: OwnDisk?
    private var errors: Unread?
    private var pages: [RawConnection] = []

    init(_ situation: Situation, in folder: TemporaryFolder) throws {
        (self.situation, self.folder) = (situation, folder)
        journal = folder.path + "/journal"
        try FileManager.default.createDirectory(atPath: journal, withIntermediateDirectories: true)
        switch situation {
        case .fullDevice: sinks = ["ndjson:/dev/full"]
        case .pipeWithoutReader:
            try Unread.makePipe(folder.path + "/pipe")
            sinks = ["ndjson:\(folder.path)/pipe"]
        case .silentEngine: use(TroubledEngine.silent())
        case .busyEngine: use(TroubledEngine.busy())
        case .refusedMapping: use(TroubledEngine.refusing())
        case .stateLockedAtTheStart: try lockState(fromReaders: true)
        case .damagedIndex:
            var random = SeededRandom()
            let garbage = Data((0..<65_536).map { _ in UInt8.random(in: 0...255, using: &random) })
            try garbage.write(to: URL(fileURLWithPath: journal + "/index.sqlite"))
        case .fullSecondDisk:
            let disk = try OwnDisk(in: folder, megabytes: 1)
            try Data(count: 900 << 10).write(to: URL(fileURLWithPath: disk.path + "/filler"))
            sinks = ["ndjson:\(disk.inner)/posts.ndjson"]
            self.disk = disk
        case .frozenTerminal, .frozenTerminalOfRecord: errors = try Unread(.terminal, in: folder)
        case .frozenPipe, .frozenPipeOfRecord: errors = try Unread(.pipe, in: folder)
        case .stateLockedLater, .unreadPages: break
        }
    }

    deinit { server?.stop() }

    /// Starts the recording.
    func start(_ url: String) throws -> RunningProgram {
        var words = [situation.verb, "--journal", journal, "--backoff-scale", "0.1"] + more
        if situation.verb == "run" { words += ["--port", "0"] }
        words += sinks.flatMap { ["--sink", $0] }
        let environment = ["X_API_URL": url, "BEARER_TOKEN": Recording.token, "TERM": "xterm"]
        let program = try Surroundings.reprise()
        if let disk { return try disk.start(program, words, environment: environment) }
        guard let errors else { return try RunningProgram(program, words, in: folder, environment: environment) }
        return try errors.startOnStandardError(program, words, environment: environment)
    }

    /// What begins only once the recording is at work.
    func begin(_ program: RunningProgram) throws {
        guard program.isRunning else { return }
        switch situation {
        case .stateLockedLater:
            _ = try until("a state to lock; \(program.errors)") {
                FileManager.default.fileExists(atPath: journal + "/state.sqlite") ? true : nil
            }
            try lockState(fromReaders: false)
        case .frozenTerminal, .frozenTerminalOfRecord: try errors?.freeze()
        case .unreadPages:
            let port = try UInt16(program.firstLine().split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
            for number in 0..<60 {
                // Each leaves what it asked for where it is.
                guard let page = RawConnection(port: port, receiveBuffer: 2_048) else { continue }
                page.request(["/events", "/", "/assets/chart.js", "/api/timeline"][number % 4])
                pages.append(page)
            }
            guard pages.count > 40 else { throw RunningProgram.Failure(description: "\(pages.count) pages are open") }
        default: break
        }
    }

    private func use(_ server: ScriptedServer) {
        self.server = server
        sinks = ["elasticsearch:\(server.url)/posts"]
    }

    /// Takes the lock that every writer then waits for, and every reader too where the file has no write-ahead log.
    private func lockState(fromReaders: Bool) throws {
        let connection = try Connection(path: journal + "/state.sqlite")
        if fromReaders { try connection.execute("PRAGMA journal_mode=DELETE") }
        // The recording may be in the middle of a write of its own.
        _ = try until("the lock of state.sqlite") { try? connection.execute("BEGIN EXCLUSIVE") }
        lock = connection
    }
}
