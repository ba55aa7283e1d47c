internal import FoundationEssentials
internal import Glibc
internal import Options

// A closed pipe is told by write(2), not by a signal.
signal(SIGPIPE, SIG_IGN)
// A log line of a background job must not stop the process: `stty tostop`.
signal(SIGTTOU, SIG_IGN)
StandardDescriptors.fill()
let status = Program.run(Program.words(CommandLine.arguments, ProcessInfo.processInfo.environment))
StandardError.close()
exit(status.rawValue)
