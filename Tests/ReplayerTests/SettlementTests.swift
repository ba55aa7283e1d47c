import Journal
import Testing
import Time

@testable import Replayer

/// Where a checkpoint may stand.
@Suite struct SettlementTests {
    private static let sample = SourceName(rawValue: "sample")

    @Test func whatASinkHoldsIsNotSettledThoughItsBatchIs() throws {
        let sample = try #require(Self.sample)
        var settlement = Settlement()
        let (early, late) = (Timestamp(rawValue: 1), Timestamp(rawValue: 2))
        settlement.add(
            [.filtered: ByteOffset(rawValue: 100), sample: ByteOffset(rawValue: 7)],
            (early, late),
            withBatch: true
        )
        settlement.settle(batches: 1, held: [.filtered: (ByteOffset(rawValue: 40), late)])
        #expect(settlement.frontier == [.filtered: ByteOffset(rawValue: 40), sample: ByteOffset(rawValue: 7)])
        #expect(settlement.oldest == late)
        // What comes next without documents moves nothing past it.
        settlement.add([.filtered: ByteOffset(rawValue: 120)], nil, withBatch: false)
        #expect(settlement.frontier[.filtered] == ByteOffset(rawValue: 40))
        settlement.settle(batches: 1)
        #expect(settlement.frontier[.filtered] == ByteOffset(rawValue: 120) && settlement.oldest == nil)
    }
}
