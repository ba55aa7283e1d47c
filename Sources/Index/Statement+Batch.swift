internal import Glibc
internal import SQLite
internal import Transform

extension Statement {
    /// Binds a string of a batch's JSON where it lies; only one with escapes is decoded into a copy.
    func bind(_ range: Range<Int>?, of batch: DocumentBatch, at index: Int) throws(SQLiteError) {
        guard let range else { return try bind(nil as Int64?, at: index) }
        let raw = batch.bytes(range)
        if raw.hasEscape {
            try bind(batch.string(range), at: index)
        } else {
            try bind(unownedText: raw, at: index)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether JSON string content has a backslash.
    var hasEscape: Bool {
        guard let baseAddress else { return false }
        return memchr(baseAddress, CInt(UInt8(ascii: "\\")), count) != nil
    }
}
