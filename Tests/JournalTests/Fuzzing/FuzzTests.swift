import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing
import Time

@testable import Journal

/// Seeded damage of every kind against everything that reads a journal.
///
/// REPRISE_TEST_FUZZ says how many inputs; REPRISE_TEST_SEED and REPRISE_TEST_FUZZ_INPUT repeat one.
@Suite struct FuzzTests {
    /// Longer than any input takes, also where the machine is busy.
    private static let longestSeconds = 20
    /// What a process that fuzzes and nothing else may grow to, in KiB.
    private static let residentLimit = 300 << 10

    @Test func noDamageMakesAReaderCrashHangOrInvent() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["REPRISE_TEST_FUZZ"].flatMap(Int.init)
        let fuzzer = Fuzzer(journals: try SmallJournal.all(), seed: SeededRandom().seed)
        if let only = environment["REPRISE_TEST_FUZZ_INPUT"].flatMap(Int.init) {
            fuzzer.run(only)
        } else {
            fuzzer.inHand.nameOnCrash()
            let watch = Stopwatch()
            let inputs = count ?? 2_000
            let threads = (0..<2).map { part in
                startThread { for number in stride(from: part, to: inputs, by: 2) { fuzzer.run(number, thread: part) } }
            }
            for thread in threads {
                var before = -1
                while !thread.join(seconds: Double(FuzzTests.longestSeconds)) {
                    let now = fuzzer.finished
                    try #require(now > before, "no end of \(fuzzer.running)")
                    before = now
                }
            }
            if count != nil {
                let seconds = Double(watch.elapsed.microseconds) / 1_000_000
                print("\(inputs) inputs, \(Int(Double(inputs) / seconds)) a second, \(fuzzer.forged) of them forged")
            }
        }
        #expect(fuzzer.wrong.isEmpty, "\(fuzzer.wrong.joined(separator: "\n"))")
        // Alone in the process, as in a soak, what it has grown to is what readers have allocated.
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #expect(count == nil || usage.ru_maxrss < FuzzTests.residentLimit, "\(usage.ru_maxrss) KiB")
    }
}

/// Runs inputs, each made from the seed and its number alone.
private final class Fuzzer: Sendable {
    private let journals: [EveryReader]
    private let seed: UInt64
    private let found = Mutex<[String]>([])
    private let counts = Mutex((finished: 0, forged: 0))
    private static let wrongLimit = 10
    let inHand: InputInHand

    init(journals: [SmallJournal], seed: UInt64) {
        self.journals = journals.map { EveryReader(original: $0) }
        self.seed = seed
        inHand = InputInHand(seed: seed, threads: 2)
    }

    var wrong: [String] { found.withLock { $0 } }
    var finished: Int { counts.withLock { $0.finished } }
    var forged: Int { counts.withLock { $0.forged } }
    var running: String { inHand.description }

    func run(_ number: Int, thread: Int = 0) {
        inHand.begin(number, thread: thread)
        var random = SeededRandom(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
        var reader = journals[Int.random(in: 0..<journals.count, using: &random)]
        let original = reader.original
        let mutation = Mutation(original, random)
        reader.isForged = mutation.isForged
        do {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: try reader.readAll(mutation.files)
            case 1: try reader.recover(mutation.files)
            case 2: try reader.readPieces(mutation.files)
            case 3: try reader.repair(mutation.files)
            default:
                try reader.readParts(
                    mutation.files,
                    from: UInt64.random(in: 0...UInt64(original.bytes.count), using: &random),
                    until: UInt64.random(in: 0...UInt64(original.bytes.count), using: &random),
                    at: original.whole.marks[Int.random(in: 0..<original.whole.marks.count, using: &random)].arrival
                )
            }
        } catch {
            found.withLock { found in
                guard found.count < Fuzzer.wrongLimit else { return }
                found.append("REPRISE_TEST_SEED=\(seed) REPRISE_TEST_FUZZ_INPUT=\(number): \(original.name): \(error)")
            }
        }
        counts.withLock {
            $0.finished += 1
            $0.forged += mutation.isForged ? 1 : 0
        }
    }
}
