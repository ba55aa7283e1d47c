internal import Glibc

/// Finds an array of strings in a flat JSON object by its key, without a parser.
///
/// Sound only for documents, which are flat and written without spaces: the key with its quotes cannot occur inside a string,
/// where every quote has a backslash before it.
enum JSONArrayField {
    /// The bytes from `[` to its `]`, where they lie; nil where the key is missing or its value is no array.
    ///
    /// - Parameters:
    ///   - key: the key with its quotes and colon.
    ///   - object: the object.
    static func find(_ key: StaticString, in object: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let base = object.baseAddress else { return nil }
        let length = key.utf8CodeUnitCount
        var index = 0
        while index + length < object.count,
            let quote = memchr(base + index, CInt(UInt8(ascii: "\"")), object.count - index)
        {
            index = UnsafeRawPointer(quote) - base
            guard index + length < object.count else { return nil }
            if memcmp(base + index, key.utf8Start, length) == 0 {
                return array(at: index + length, in: object)
            }
            index += 1
        }
        return nil
    }

    private static func array(at start: Int, in object: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard object[start] == UInt8(ascii: "[") else { return nil }
        var isInString = false
        var index = start + 1
        while index < object.count {
            switch object[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "]") where !isInString:
                return UnsafeRawBufferPointer(rebasing: object[start...index])
            default: break
            }
            index += 1
        }
        return nil
    }
}
