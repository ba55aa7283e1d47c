import Foundation
import Synchronization
import TestSupport
import Testing
import Time

@testable import Sinks

/// Damaged and hostile `_bulk` replies: never a crash, never an outcome that the reply does not state.
@Suite(.timeLimit(.minutes(60))) struct ReplyFuzzTests {
    private let judge = ReplyJudge()

    @Test func repliesOfRealEnginesAreReadWithEveryOutcome() throws {
        let replies = try ReplyJudge.replies()
        #expect(replies.count == 6)
        for (name, body) in replies {
            #expect(try judge.judge(body), "\(name)")
            guard case .outcomes(let outcomes)? = judge.result(body) else {
                Issue.record("\(name) gives no outcomes")
                continue
            }
            #expect(outcomes[0] == .accepted && outcomes[2] == .stale && outcomes[3] == .accepted, "\(name)")
            #expect(outcomes[5] == .accepted, "\(name)")
            for index in [1, 4] {
                guard case .rejected(let reason) = outcomes[index] else {
                    Issue.record("\(name): \(outcomes[index])")
                    continue
                }
                #expect(!reason.contains("many"), "the value is left out")
            }
        }
    }

    @Test func aReplyCutAnywhereIsNone() throws {
        for (name, body) in try ReplyJudge.replies() {
            for end in 0..<body.count { #expect(judge.result(Array(body[..<end])) == nil, "\(name) up to \(end)") }
        }
    }

    /// One bit of each byte; all of them with REPRISE_TEST_BITS=all.
    @Test func noBitThatIsWrongMakesAnOutcome() throws {
        let isAll = ProcessInfo.processInfo.environment["REPRISE_TEST_BITS"] == "all"
        var read = 0
        for (name, body) in try ReplyJudge.replies() {
            for bit in 0..<body.count * 8 where isAll || bit % 8 == bit / 8 % 8 {
                var damaged = body
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                do { read += try judge.judge(damaged) ? 1 : 0 } catch {
                    Issue.record("\(name), bit \(bit): \(error)")
                }
            }
        }
        // In texts and in names that are passed over.
        #expect(read > 300)
    }

    @Test(arguments: [
        "", " ", "{}", "[]", "null", #"{"items":{}}"#, #"{"items":[1,2,3,4,5,6]}"#, #"{"items":null}"#,
        #"{"items":[{},{},{},{},{},{}]}"#, #"{"items":[[],[],[],[],[],[]]}"#,
    ]) func whatIsNoReplyIsNone(body: String) throws {
        #expect(try judge.judge(Array(body.utf8)) == false)
    }

    @Test(arguments: [
        #""status":201,"status":429"#, #""status":429,"status":201"#, #""status":"201""#, #""status":201.0"#,
        #""status":2010000000000000000000"#, #""status":-201"#, #""status":true"#, #""status":[201]"#, #""stat":201"#,
        #""_id":"9","status":201"#, #""_id":9,"status":201"#, #""status":201,"error":"text""#,
        #""error":{"type":"a"},"status":400,"error":{"type":"strict_dynamic_mapping_exception"}"#,
        #""status":201},"create":{"status":429"#, #""status":201}},{"index":{"status":201"#, #""status":201,"a":z"b"{"#,
        #""status":201,"result":"a"# + "\u{1}" + #"b""#, #""status":400,"error":{"type":"a"# + "\t" + #"", b"}"#,
    ]) func anItemThatLeavesADoubtSendsTheWholeCallAgain(item: String) throws {
        let good = Array(repeating: #"{"index":{"status":201}}"#, count: 5).joined(separator: ",")
        let body = #"{"errors":false,"items":[\#(good),{"index":{\#(item)}}]}"#
        #expect(try judge.judge(Array(body.utf8)) == false)
    }

    @Test func twoListsOfItemsAreNone() throws {
        let good = Array(repeating: #"{"index":{"status":201}}"#, count: 6).joined(separator: ",")
        #expect(try judge.judge(Array(#"{"items":[\#(good)]}"#.utf8)))
        #expect(try judge.judge(Array(#"{"items":[\#(good)],"items":[\#(good)]}"#.utf8)) == false)
    }

    @Test(arguments: [409: DocumentOutcome.stale, 429: .retry, 503: .retry, 204: .retry, 299: .retry, 0: .retry])
    func onlyWhatIsWrittenIsAccepted(status: Int, outcome: DocumentOutcome) throws {
        let items = Array(repeating: #"{"index":{"status":\#(status)}}"#, count: 6).joined(separator: ",")
        let body = Array(#"{"items":[\#(items)]}"#.utf8)
        #expect(judge.result(body) == .outcomes(Array(repeating: outcome, count: 6)))
        #expect(try judge.judge(body))
    }

    @Test func nestingHasAnEndBeforeTheStackHas() throws {
        let item = #"{"index":{"status":201,"x":"#
        for open in ["[", #"{"a":"#] {
            let body = #"{"items":["# + item + String(repeating: open, count: 2_000_000)
            #expect(try judge.judge(Array(body.utf8)) == false)
        }
    }

    /// REPRISE_TEST_FUZZ says how many inputs journals get, replies a tenth of it; REPRISE_TEST_SEED and
    /// REPRISE_TEST_FUZZ_INPUT repeat one.
    @Test func noDamageMakesTheReaderCrashOrInvent() throws {
        let environment = ProcessInfo.processInfo.environment
        let replies = try ReplyJudge.replies().map(\.body)
        let seed = SeededRandom().seed
        func run(_ number: Int) throws -> Bool {
            let random = SeededRandom(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
            do { return try judge.judge(ReplyMutation(replies, random).body) } catch {
                Issue.record("REPRISE_TEST_SEED=\(seed) REPRISE_TEST_FUZZ_INPUT=\(number): \(error)")
                return false
            }
        }
        if let only = environment["REPRISE_TEST_FUZZ_INPUT"].flatMap(Int.init) {
            _ = try run(only)
            return
        }
        let count = environment["REPRISE_TEST_FUZZ"].flatMap(Int.init)
        let inHand = InputInHand(seed: seed, threads: 1)
        if count != nil { inHand.nameOnCrash() }
        let inputs = count.map { $0 / 10 } ?? 2_000
        let watch = Stopwatch()
        var read = 0
        for number in 0..<inputs {
            inHand.begin(number, thread: 0)
            read += try run(number) ? 1 : 0
        }
        // Both sides of the border are tried.
        #expect(inputs < 1_000 || read > inputs / 50 && read < inputs * 9 / 10, "\(read) of \(inputs) were read")
        if count != nil {
            let seconds = Double(watch.elapsed.microseconds) / 1_000_000
            print("\(inputs) replies, \(Int(Double(inputs) / seconds)) a second, \(read) of them read")
        }
    }
}
