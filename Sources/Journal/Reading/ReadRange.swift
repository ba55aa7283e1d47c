public import Time

/// Where a reader starts; inclusive.
public enum ReadStart: Sendable, Equatable {
    /// With the first record.
    case beginning
    /// With the first record whose first byte is not before this one.
    case offset(ByteOffset)
    /// With the first record that arrived at this time or later.
    case time(Timestamp)
}

/// Where a reader stops; exclusive.
public enum ReadEnd: Sendable, Equatable {
    /// With what is committed when the reader is made; what comes later is not seen.
    case now
    /// As `now`, and before the first record that begins at this byte or behind it.
    case offset(ByteOffset)
    /// As `now`, and before the first record that arrived at this time or later.
    case time(Timestamp)
    /// Never: when all is read, more may come.
    case never
}
