import Foundation
import TestSupport
import Testing

/// `reprise dashboards`, as a user would start it.
@Suite(.timeLimit(.minutes(20)))
struct DashboardsTests {
    @Test(arguments: ["kibana", "opensearch"]) func theExportIsTheRecordedFile(product: String) throws {
        let folder = try TemporaryFolder()
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/dashboards/\(product).ndjson")
        // Elsewhere the key names the embedded index's file.
        try "index: posts.sqlite\n".write(toFile: folder.path + "/reprise.yaml", atomically: true, encoding: .utf8)
        let words = ["dashboards", "export", "--for", product, "--config", folder.path + "/reprise.yaml"]
        let result = try RunningProgram(Surroundings.reprise(), words, in: folder).wait()
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.output == (try Data(contentsOf: golden)))
    }

    @Test func anotherProductOrNameIsAUsageError() throws {
        let folder = try TemporaryFolder()
        for words in [["--for", "grafana"], ["--index", "Posts"], ["--index", "a/b"]] {
            let result = try RunningProgram(Surroundings.reprise(), ["dashboards", "export"] + words, in: folder).wait()
            #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(words[1]))
        }
    }
}
