internal import Glibc
internal import Options

// A closed pipe is told by write(2), not by a signal.
signal(SIGPIPE, SIG_IGN)
exit(Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
