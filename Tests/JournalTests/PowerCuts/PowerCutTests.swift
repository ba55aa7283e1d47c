import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

/// The real writer, recovery and readers on a simulated disk whose power is cut at every call.
@Suite struct PowerCutTests {
    /// REPRISE_TEST_SCHEDULES sets how many.
    private var count: Int {
        ProcessInfo.processInfo.environment["REPRISE_TEST_SCHEDULES"].flatMap(Int.init) ?? 8
    }

    @Test func everythingSyncedIsThereAfterAPowerCutAtAnyCall() throws {
        try run(faults: .init())
    }

    @Test func interruptedAndShortCallsLoseNothing() throws {
        try run(faults: .init(interrupted: 10, short: 10))
    }

    @Test func afterAFailedWriteOrSyncTheRecorderStopsAndEverythingSyncedIsThere() throws {
        try run(faults: .init(interrupted: 2, short: 2, failing: 15))
    }

    @Test func aDiskThatForgetsEveryFifthSyncIsFoundOut() throws {
        #expect(throws: (any Error).self) {
            for seed in UInt64(1)...100 {
                var powerCuts = try PowerCuts(seed, faults: .init(ignored: 20))
                _ = try powerCuts.run()
            }
        }
    }

    private func run(faults: SimulatedDisk.Faults) throws {
        var seeds = SeededRandom()
        let named = seeds.seed
        var cuts = 0
        let watch = Stopwatch()
        for number in 0..<count {
            let seed = number == 0 ? named : seeds.next()
            do {
                var powerCuts = try PowerCuts(seed, faults: faults)
                cuts += try powerCuts.run()
            } catch {
                Issue.record("REPRISE_TEST_SEED=\(seed): \(error)")
                return
            }
        }
        #expect(cuts > count)
        if count > 1_000 { print("\(count) schedules, \(cuts) power cuts in \(watch.elapsed)") }
    }
}

/// Runs one schedule, and cuts the power before each call that it makes.
private struct PowerCuts {
    private let schedule: Schedule
    private var random: SeededRandom

    init(_ seed: UInt64, faults: SimulatedDisk.Faults) throws {
        schedule = try Schedule(seed, faults: faults)
        random = SeededRandom(seed: seed &+ 2)
    }

    /// Returns how often the power was cut.
    mutating func run() throws -> Int {
        var states: [DiskState] = []
        var cuts = 0
        schedule.disk.beforeChange = { states.append($0) }
        for _ in 0..<Int.random(in: 5...60, using: &random) {
            let promise = schedule.appended.promise
            let goesOn = try schedule.step()
            states.append(schedule.disk.state)
            try check(states, schedule.appended, before: promise)
            cuts += states.count
            states = []
            guard !goesOn else { continue }
            let stopped = schedule.appended
            try schedule.startAgain()
            try check(states, stopped, before: stopped.promise)
            cuts += states.count
            states = []
        }
        return cuts
    }

    /// What was promised before a step holds at each call within it; what it promised, at its end.
    private mutating func check(_ states: [DiskState], _ appended: Appended, before promise: Appended.Promise) throws {
        for (index, state) in states.enumerated() {
            var appended = appended
            if index + 1 < states.count { appended.promise = promise }
            try cut(state, appended)
        }
    }

    private mutating func cut(_ state: DiskState, _ appended: Appended) throws {
        var left = state
        left.cutPower(&random)
        let disk = SimulatedDisk(left, random)
        // Now and then the power goes again while the writer recovers.
        if Int.random(in: 0..<8, using: &random) == 0 {
            var states: [DiskState] = []
            disk.beforeChange = { states.append($0) }
            _ = try open(disk)
            disk.beforeChange = nil
            if var again = states.randomElement(using: &random) {
                again.cutPower(&random)
                try check(SimulatedDisk(again, random), appended)
            }
            disk.forgetLocks()
        }
        try check(disk, appended)
    }

    private func check(_ disk: SimulatedDisk, _ appended: Appended) throws {
        do {
            let recovered = try Recovered(disk, schedule.geometry, open(disk).endOffset)
            try recovered.check(appended, killed: false)
            let findings = try Recovered.findings(disk, schedule.geometry)
            guard findings.isEmpty else { throw Recovered.Loss(description: "\(findings)") }
            try goOn(disk, behind: recovered)
        } catch {
            let names = disk.state.names.map {
                "\($0.key) \($0.value < 0 ? 0 : disk.state.files[$0.value].content.count)"
            }
            throw Recovered.Loss(description: "\(error); on the disk: \(names.sorted().joined(separator: ", "))")
        }
    }

    /// Appends to what is left, kills and opens again: nothing older may seem to follow what is new.
    private func goOn(_ disk: SimulatedDisk, behind recovered: Recovered) throws {
        var after = Appended()
        after.bytes = recovered.bytes
        after.holes = recovered.gaps
        after.events = recovered.events.map { (0, $0) }
        disk.forgetLocks()
        var writer: JournalWriter? = try open(disk)
        let delivery = [UInt8](repeating: 110, count: schedule.deliveryLength ?? 100)
        try writer?.append(delivery)
        after.bytes += delivery
        for _ in 0..<2 {
            guard let end = writer?.endOffset else { return }
            try Recovered(disk, schedule.geometry, end).check(after, killed: true)
            writer = nil
            disk.forgetLocks()
            writer = try open(disk)
        }
    }

    private func open(_ disk: SimulatedDisk) throws -> JournalWriter {
        try Schedule.open(disk, schedule.geometry, .init(), schedule.lateClock)
    }
}
