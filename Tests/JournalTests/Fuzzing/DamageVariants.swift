@testable import Journal

/// A file's every single piece of damage, one after the other.
enum DamageVariants {
    /// Gives a file with every single bit flipped, then cut at every byte; `what` says where.
    ///
    /// - Parameter bits: the bytes whose bits are flipped; nil for all.
    static func each(
        of file: [UInt8],
        bits: Range<Int>? = nil,
        cuts: Range<Int>? = nil,
        _ body: (_ damaged: [UInt8], _ what: String) throws -> Void
    ) rethrows {
        var damaged = file
        for index in bits ?? file.indices {
            for bit in 0..<8 {
                damaged[index] ^= 1 << bit
                try body(damaged, "bit \(bit) of byte \(index)")
                damaged[index] ^= 1 << bit
            }
        }
        for length in cuts ?? 0..<file.count { try body(Array(file[..<length]), "cut at byte \(length)") }
    }
}
