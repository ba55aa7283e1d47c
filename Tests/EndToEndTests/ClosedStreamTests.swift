import Foundation
import Journal
import TestSupport
import Testing

/// Programs that are started without standard output or standard error.
@Suite(.timeLimit(.minutes(20))) struct ClosedStreamTests {
    private func shell(_ script: String, in folder: TemporaryFolder) throws -> RunningProgram.Result {
        let program = try Surroundings.reprise()
        let words = ["-c", script.replacingOccurrences(of: "REPRISE", with: program)]
        return try RunningProgram("/bin/sh", words, in: folder).wait()
    }

    @Test func documentsForAClosedStandardOutputAreAnErrorAndNotSettled() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        try Array("{\"data\":{\"id\":\"1\"}}\r\n".utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let closed = try shell("REPRISE replay --journal journal --checkpoint c >&-", in: folder)
        #expect(closed.status == 1, "\(closed.errors)")
        let open = try shell("REPRISE replay --journal journal --checkpoint c", in: folder)
        #expect(open.status == 0 && !open.output.isEmpty, "\(open.errors)")
    }
}
