internal import JSON
internal import Journal
internal import Time

/// Deletions that are not believed yet, as the newest `doubted` event of the journal's source `lookup` has them.
struct DeletionDoubt: Equatable {
    /// When X first called too many posts gone.
    let since: Timestamp
    /// When it was last asked for the sample.
    var sampled: Timestamp
    /// Posts that X has found since, while it did not find those.
    var found = 0
    /// Some of the posts that it did not find, which are asked for again.
    let sample: [UInt64]

    static let sampleLimit = 100
    /// How long after it the sample is asked for again.
    static let sampleAfter = Duration.seconds(3_600)
    /// How long X has to stay with it before it is believed.
    static let believedAfter = Duration.seconds(86_400)

    /// Whether the sample is to be asked for again; also where the clock was set back meanwhile.
    func isSampleDue(at now: Timestamp) -> Bool { now >= nextSample || now < sampled }

    var nextSample: Timestamp { sampled + DeletionDoubt.sampleAfter }

    /// Whether posts of the sample that are still missing are gone: for a day, while X found others.
    func isConfirmed(at now: Timestamp) -> Bool { found > 0 && now >= since + DeletionDoubt.believedAfter }

    /// The fields of the event.
    func fields(asked: Int, gone: Int) -> [(String, EventValue)] {
        [
            ("since", .integer(since.rawValue)), ("sampled", .integer(sampled.rawValue)),
            ("found", .integer(Int64(found))), ("asked", .integer(Int64(asked))), ("gone", .integer(Int64(gone))),
            ("sample", .array(sample.map { .string("\($0)") })),
        ]
    }
}

extension DeletionDoubt {
    /// Reads the JSON of a `doubted` event; nil where it is none of ours.
    init?(_ json: [UInt8]) {
        let event = JSONExtractor(
            JSONPlan([
                .init("since", .integer, slot: 0), .init("sampled", .integer, slot: 1),
                .init("found", .integer, slot: 2), .init("sample", .items, slot: 3),
            ])
        )
        let bytes = json + [UInt8](repeating: 0, count: JSONExtractor.padding)
        let read = bytes.withUnsafeBytes { buffer -> DeletionDoubt? in
            guard event.read(UnsafeRawBufferPointer(rebasing: buffer[0..<json.count])) == .read,
                let since = event.integer(0), let sampled = event.integer(1), let found = event.integer(2)
            else { return nil }
            let sample = (0..<event.count(3)).compactMap { index in
                event.string(3, element: index).flatMap {
                    UInt64(String(decoding: $0.dropFirst().dropLast(), as: UTF8.self))
                }
            }
            return DeletionDoubt(
                since: Timestamp(rawValue: since),
                sampled: Timestamp(rawValue: sampled),
                found: Int(clamping: found),
                sample: sample
            )
        }
        guard let read else { return nil }
        self = read
    }
}
