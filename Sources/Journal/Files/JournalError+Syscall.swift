internal import Glibc

extension JournalError {
    /// What a failed system call means to the operator.
    static func syscall(_ call: String, _ path: String, errno number: CInt) -> JournalError {
        let text = String(cString: strerror(number))
        let hint =
            switch number {
            case ENOSPC, EDQUOT: "; make room on that file system, then start again: nothing that was recorded is lost"
            case EROFS: "; the file system is mounted read-only"
            case EACCES, EPERM: Ownership.hint(path)
            case EMFILE, ENFILE: "; raise the limit of open files"
            case EIO: "; the disk reported an error: look at the kernel's log before going on"
            default: ""
            }
        let code: Code = number == ENOENT ? .notFound : .io
        return JournalError(code, "\(call) \(path): \(text)\(hint)", errorNumber: number)
    }
}
