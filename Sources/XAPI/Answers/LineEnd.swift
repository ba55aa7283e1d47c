internal import Glibc

/// The index of the first LF at or after `start`, memchr(3).
func firstLineEnd(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int? {
    memchr(base + start, 10, end - start).map { UnsafeRawPointer($0) - base }
}
