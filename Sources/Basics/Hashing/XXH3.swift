internal import CXXHash

/// XXH3 with 64 bits and no seed (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): finds damage, proves nothing against an attacker.
public enum XXH3 {
    /// The hash of a run of bytes; about 10 GB/s.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        reprise_xxh3(bytes.baseAddress, bytes.count)
    }

    /// The hash of two runs of bytes as if the second stood right behind the first.
    public static func hash(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> UInt64 {
        reprise_xxh3_two(first.baseAddress, first.count, second.baseAddress, second.count)
    }

    /// The hash of a text's UTF-8.
    public static func hash(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }
}
