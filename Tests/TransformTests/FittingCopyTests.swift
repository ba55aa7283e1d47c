import Testing
import Time

@testable import Transform

/// A small batch in memory of its own size.
@Suite struct FittingCopyTests {
    @Test func aCopyHoldsTheSameDocumentsAndNoMoreRoomThanItNeeds() {
        let batch = DocumentBatch(byteCapacity: 1 << 20)
        batch.source = 3
        for number in 0..<20 {
            let isID = batch.addTombstone(
                of: "\(1_000 + number)",
                offset: UInt64(number),
                number: 0,
                arrival: Timestamp(microseconds: Int64(number)),
                ordinal: 0
            )
            #expect(isID)
        }
        #expect(batch.isMostlyEmpty && batch.heldByteCount > 1 << 20)
        let copy = batch.fittingCopy()
        #expect(copy.byteCapacity == 4_096 && copy.heldByteCount < 16_384)
        #expect(copy.documents.map { copy.json(of: $0) } == batch.documents.map { batch.json(of: $0) })
        #expect(copy.documents.map(\.source) == Array(repeating: 3, count: 20))
        batch.removeAll()
        #expect(copy.documents.count == 20, "it shares nothing with the batch")
    }
}
