public import Failures
internal import Glibc

/// What a file or folder refused, with where, why and what to do next; it never carries a file's content.
public struct FileError: Error, CustomStringConvertible, Sendable, FailureCauseProviding {
    /// The kind of failure; new kinds may come, so compare, never switch over all of them.
    public struct Code: Hashable, Sendable {
        private enum Value { case io, notFound, notRegular, unsupported }
        private let value: Value

        /// A system call failed; the error number says why.
        public static let io = Code(value: .io)
        /// There is no such file or folder.
        public static let notFound = Code(value: .notFound)
        /// A link, FIFO, device or folder stands where a regular file belongs.
        public static let notRegular = Code(value: .notRegular)
        /// The file system cannot keep what a writer promises.
        public static let unsupported = Code(value: .unsupported)
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String
    /// The error number of the system call (errno(3)), 0 where none failed.
    public let errorNumber: Int32

    /// Makes an error.
    public init(_ code: Code, _ message: String, errorNumber: Int32 = 0) {
        self.code = code
        self.message = message
        self.errorNumber = errorNumber
    }

    /// The message.
    public var description: String { message }

    /// What the error number stands for.
    public var failureCause: FailureCause {
        switch errorNumber {
        case ENOSPC, EDQUOT: .diskFull
        case EACCES, EPERM: .permission
        case EROFS: .blocked
        case ENOENT, ENOTDIR: .missingTarget
        default: code == .notRegular ? .foreignTarget : code == .unsupported ? .badRequest : .storage
        }
    }

    /// What a failed system call means to the operator.
    static func syscall(_ call: String, _ path: String, errno number: CInt) -> FileError {
        let text = String(cString: strerror(number))
        let hint =
            switch number {
            case ENOSPC, EDQUOT: "; make room on that file system, then start again: nothing that was recorded is lost"
            case EROFS: "; the file system is mounted read-only"
            case EACCES, EPERM: Ownership.hint(path)
            case EMFILE, ENFILE: "; raise the limit of open files"
            case EIO: "; the disk reported an error: check the kernel's log before you continue"
            default: ""
            }
        if number == ELOOP {
            return FileError(
                .notRegular,
                "\(call) \(path): a symbolic link stands where a file of our own belongs; put the file that it leads to in its place",
                errorNumber: number
            )
        }
        return FileError(
            number == ENOENT ? .notFound : .io,
            "\(call) \(path): \(text)\(hint)",
            errorNumber: number
        )
    }
}
