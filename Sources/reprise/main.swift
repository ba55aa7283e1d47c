internal import FoundationEssentials
internal import Glibc
internal import Options

// A closed pipe is told by write(2), not by a signal.
signal(SIGPIPE, SIG_IGN)
// A log line of a background job must not stop the process: `stty tostop`.
signal(SIGTTOU, SIG_IGN)
// Buffers of a MiB or more go back to the system when they are freed. Left alone glibc raises this limit with each one that is freed,
// keeps those that follow in its heap, and a replay grows by a fifth: mallopt(3), M_MMAP_THRESHOLD, which Swift's Glibc leaves out.
let mallopt = unsafeBitCast(dlsym(nil, "mallopt"), to: (@convention(c) (CInt, CInt) -> CInt)?.self)
_ = mallopt?(-3, 1 << 20)
StandardDescriptors.fill()
let status = Program.run(Program.words(CommandLine.arguments, ProcessInfo.processInfo.environment))
StandardError.close()
exit(status.rawValue)
