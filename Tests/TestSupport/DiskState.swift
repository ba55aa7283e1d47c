/// What a disk and the memory in front of it hold at one moment; a value, so that a copy is a snapshot.
package struct DiskState {
    package enum Change {
        case write(offset: Int, bytes: [UInt8])
        case resize(Int)
    }

    package struct File {
        /// What every process sees.
        package var content: [UInt8] = []
        /// What survives a power cut for certain.
        package var durable: [UInt8] = []
        /// What may or may not survive it, in order.
        package var pending: [Change] = []
        /// Syncs that failed so far: each descriptor is told of those since it was opened.
        package var failures = 0

        package mutating func apply(_ change: Change) {
            DiskState.apply(change, to: &content)
            pending.append(change)
        }

        /// Only what is waiting is written: what a failed sync gave up stays lost.
        package mutating func sync() {
            for change in pending { DiskState.apply(change, to: &durable) }
            pending = []
        }
    }

    package enum NameChange {
        case link(String, Int)
        case rename(String, String)
        case unlink(String)
    }

    package var files: [File] = []
    /// Databases, by path, that SQLite keeps outside: what each held whenever it had changed, the newest last.
    package var databases: [String: [Database]] = [:]
    /// Which of these a database had when it was last synced.
    package var syncedDatabases: [String: Int] = [:]

    /// A database file and its write-ahead log; nil where there is none.
    package struct Database: Equatable {
        package var main: [UInt8]?
        package var log: [UInt8]?
    }
    /// Every name with its file; -1 stands for a folder.
    package var names = ["/": DiskState.folder]
    private var durableNames = ["/": DiskState.folder]
    private var pendingNames: [String: [NameChange]] = [:]

    package static let folder = -1

    package init() {}

    /// Makes everything durable.
    package mutating func settle() {
        durableNames = names
        pendingNames = [:]
        for index in files.indices { files[index] = File(content: files[index].content, durable: files[index].content) }
    }

    package mutating func create(_ path: String) -> Int {
        files.append(File())
        change(.link(path, files.count - 1), in: DiskState.parent(of: path))
        return files.count - 1
    }

    package mutating func makeFolder(_ path: String) {
        change(.link(path, DiskState.folder), in: DiskState.parent(of: path))
    }

    package mutating func rename(_ old: String, to new: String) {
        change(.rename(old, new), in: DiskState.parent(of: new))
    }

    package mutating func remove(_ path: String) { change(.unlink(path), in: DiskState.parent(of: path)) }

    package mutating func syncFolder(_ path: String) {
        for change in pendingNames.removeValue(forKey: path) ?? [] { DiskState.apply(change, to: &durableNames) }
    }

    private mutating func change(_ change: NameChange, in folder: String) {
        DiskState.apply(change, to: &names)
        pendingNames[folder, default: []].append(change)
    }

    /// What is left when the power goes: names up to some change of each folder, and any part of what was not synced.
    package mutating func cutPower(_ random: inout SeededRandom) {
        // All, none, or anything between: the ends are as likely as they are in life.
        let chance = [0, 4, 4, 8][Int.random(in: 0..<4, using: &random)]
        for folder in pendingNames.keys.sorted() {
            let changes = pendingNames[folder] ?? []
            let count = chance == 4 ? Int.random(in: 0...changes.count, using: &random) : changes.count * chance / 8
            for change in changes.prefix(count) { DiskState.apply(change, to: &durableNames) }
        }
        pendingNames = [:]
        names = durableNames
        cutDatabases(&random)
        for index in files.indices {
            let pending = files[index].pending
            for change in pending { lose(some: change, of: index, chance, &random) }
            files[index] = File(content: files[index].durable, durable: files[index].durable)
        }
    }

    /// Of a database whose commits are durable the newest content is left, of others any since its last sync; its log goes with it.
    private mutating func cutDatabases(_ random: inout SeededRandom) {
        for (path, contents) in databases.sorted(by: { $0.key < $1.key }) {
            let isDurable = path.contains("state.sqlite")
            let first = isDurable ? contents.count - 1 : syncedDatabases[path] ?? 0
            databases[path] = [contents[Int.random(in: first..<contents.count, using: &random)]]
        }
        syncedDatabases = [:]
    }

    /// A sync that fails writes some of it and forgets the rest, but goes on showing it.
    package mutating func failSync(of index: Int, _ random: inout SeededRandom) {
        let pending = files[index].pending
        for change in pending { lose(some: change, of: index, 4, &random) }
        files[index].pending = []
        files[index].failures += 1
    }

    private mutating func lose(some change: Change, of index: Int, _ chance: Int, _ random: inout SeededRandom) {
        func survives() -> Bool { Int.random(in: 0..<8, using: &random) < chance }
        guard case .write(let offset, let bytes) = change else {
            if survives() { DiskState.apply(change, to: &files[index].durable) }
            return
        }
        // A length may arrive without the bytes.
        if offset + bytes.count > files[index].durable.count, survives() {
            DiskState.apply(.resize(offset + bytes.count), to: &files[index].durable)
        }
        // Sectors arrive in any order; finer ones are a harder test.
        let sector = [16, 64, 512][Int.random(in: 0..<3, using: &random)]
        var position = offset
        while position < offset + bytes.count {
            let end = min(offset + bytes.count, (position / sector + 1) * sector)
            if survives() {
                let piece = Array(bytes[position - offset..<end - offset])
                DiskState.apply(.write(offset: position, bytes: piece), to: &files[index].durable)
            }
            position = end
        }
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .write(let offset, let bytes):
            if content.count < offset { content += [UInt8](repeating: 0, count: offset - content.count) }
            let end = min(content.count, offset + bytes.count)
            content.replaceSubrange(offset..<max(offset, end), with: bytes)
        case .resize(let length):
            if length < content.count { content.removeSubrange(length...) }
            if length > content.count { content += [UInt8](repeating: 0, count: length - content.count) }
        }
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .link(let path, let file): names[path] = file
        case .rename(let old, let new): if let file = names.removeValue(forKey: old) { names[new] = file }
        case .unlink(let path): names[path] = nil
        }
    }

    package static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "/"
    }
}
