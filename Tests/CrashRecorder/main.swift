// A recorder for crash tests to kill: crash-recorder URL JOURNAL PAGE SEGMENT-BYTES
//
// PAGE is a file that the test and this process map together. Its first eight bytes count, as a UInt64 in the machine's
// order, the bytes of stream that libcurl has handed over, counted before they go to the journal: what a SIGKILL leaves in
// there is what the journal must hold, but for the last delivery. The count goes on from what the page holds.

import Glibc
import HTTPClient
import Journal
import Lifecycle
import Recorder
import XAPI

/// The shared page; its address lives as long as the process.
struct SharedPage: @unchecked Sendable {
    // Sendable, because only the recorder's thread touches it here, and the test only reads it.
    let counter: UnsafeMutablePointer<UInt64>

    init?(path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, 4096) == 0,
            let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            page != MAP_FAILED
        else { return nil }
        counter = page.bindMemory(to: UInt64.self, capacity: 512)
    }
}

func fail(_ message: String) -> Never {
    let line = Array("crash-recorder: \(message)\n".utf8)
    write(2, line, line.count)
    exit(1)
}

let arguments = CommandLine.arguments
guard arguments.count == 5, let segmentBytes = Int(arguments[4]) else {
    fail("usage: crash-recorder URL JOURNAL PAGE SEGMENT-BYTES")
}
guard let page = SharedPage(path: arguments[3]) else { fail("cannot map \(arguments[3]): errno \(errno)") }
do {
    var configuration = RecorderConfiguration(
        endpoint: try XEndpoint(arguments[1]),
        token: try BearerToken("crash-test"),
        http: .init(userAgent: "crash-recorder")
    )
    configuration.recordsOnce = true
    let writer = try JournalWriter(
        directory: arguments[2],
        source: .filtered,
        configuration: .init(segmentByteLimit: segmentBytes)
    )
    let recorder = Recorder(
        configuration,
        sink: writer,
        hooks: RecorderHooks(onHandedOver: { page.counter.pointee += UInt64($0) })
    )
    try recorder.run(ShutdownSignal())
} catch {
    fail("\(error)")
}
