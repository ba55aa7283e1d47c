internal import Logging
internal import Terminal
internal import Time

/// Tells whether the journal's disk has room, and how long that lasts; with time passed in.
///
/// It warns once for each time that the room falls below the warning, and tells when the floor is reached: then a recorder
/// still can seal its journal and say why it stops, which it could not where the disk is full.
public struct RoomWatch: Sendable {
    /// Nobody needs to know sooner, and a file system may take its time to answer.
    private static let interval = Duration.seconds(1)
    private static let sampleInterval = Duration.seconds(5)
    /// A rate is told when it was measured that long, and is that of the last minutes.
    private static let shortestMeasure = Duration.seconds(60)
    private static let longestMeasure = Duration.seconds(300)

    private let place: String
    private let warning: Int
    private let floor: Int
    private let ask: @Sendable () throws -> Int

    /// Free bytes at the last look; nil before it, or where it failed.
    private(set) var freeBytes: Int?
    /// How long it takes to the floor at the rate of the last minutes; nil where no rate is known, or nothing comes.
    private(set) var left: Duration?
    private(set) var isUsedUp = false
    private var lastLook: MonotonicTime?
    private var samples: [(time: MonotonicTime, bytes: Int)] = []
    private var isLow = false
    private var failureIsTold = false

    /// Makes a watch.
    ///
    /// - Parameters:
    ///   - place: the journal's folder, for messages.
    ///   - warning: warns while less than these bytes are free; 0 for never.
    ///   - floor: stops where these bytes or less are free; 0 for never.
    ///   - ask: gives the bytes that are free there; `Journal.freeSpace(at:)`, or a stand-in for tests.
    public init(place: String, warning: Int, floor: Int, ask: @escaping @Sendable () throws -> Int) {
        self.place = place
        self.warning = warning
        self.floor = floor
        self.ask = ask
    }

    /// Asks at once, before anything is written.
    ///
    /// - Throws: `RecorderError` with `diskFloor`, or what asking threw.
    public func checkFloor() throws {
        guard floor > 0 else { return }
        let free = try ask()
        if free <= floor { throw error(free) }
    }

    /// Asks where a second has passed since the last time.
    mutating func look(at now: MonotonicTime, _ counts: () -> DeliveryCounts, _ logger: Logger) {
        if let lastLook, now - lastLook < Self.interval { return }
        lastLook = now
        do { freeBytes = try ask() } catch {
            freeBytes = nil
            left = nil
            // What really hinders the journal stops it by itself.
            if !failureIsTold { logger.warning("the room on the disk is not known: \(error)") }
            failureIsTold = true
            return
        }
        guard let free = freeBytes else { return }
        failureIsTold = false
        measure(free, counts(), now)
        isUsedUp = floor > 0 && free <= floor
        tell(free, logger)
    }

    /// Why the recorder stops at the floor, for the last look.
    var floorError: RecorderError { error(freeBytes ?? 0) }

    private func error(_ free: Int) -> RecorderError {
        RecorderError(
            code: .diskFloor,
            message: "the disk is nearly full: \(ByteText.size(free)) free at \(place), and the recorder stops at "
                + "\(ByteText.size(floor)); nothing that was recorded is lost. Make room there, then start again; "
                + "--disk-floor SIZE sets another floor, 0 switches it off"
        )
    }

    private mutating func measure(_ free: Int, _ counts: DeliveryCounts, _ now: MonotonicTime) {
        if samples.last.map({ now - $0.time >= Self.sampleInterval }) ?? true { samples.append((now, counts.bytes)) }
        // One sample stays from before the window, so that the rate is over all of it.
        samples.removeFirst(samples.dropFirst().prefix { now - $0.time >= Self.longestMeasure }.count)
        left = nil
        guard let first = samples.first, now - first.time >= Self.shortestMeasure else { return }
        let stored = Double(counts.bytes - first.bytes) * counts.storedShare
        guard stored > 0 else { return }
        left = .saturating(seconds: Double(max(0, free - floor)) * (now - first.time).asSeconds / stored)
    }

    private mutating func tell(_ free: Int, _ logger: Logger) {
        let metadata = [("free", ByteText.size(free)), ("at", place)]
        if !isLow && free < warning {
            isLow = true
            let then =
                floor > 0 ? "at \(ByteText.size(floor)) the recorder stops" : "the recorder stops when it is full"
            logger.warning("the disk is filling up; \(then)", metadata)
        } else if isLow && free - warning >= warning / 20 {
            // A bit more than the warning, so that room that goes up and down about it is told of once.
            isLow = false
            logger.notice("the disk has room again", metadata)
        }
    }
}
