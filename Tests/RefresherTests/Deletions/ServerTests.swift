import HTTPClient
import Journal
import Lifecycle
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// A journal is refreshed against the server that it was recorded from.
@Suite struct ServerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func record(from origin: String?) throws {
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let fields: [(String, EventValue)] = [("connection", .integer(1)), ("url", .string("https://example.org"))]
        try writer.append(event: EventKind.opened, fields: (origin.map { [("origin", .string($0))] } ?? []) + fields)
        try Array("{\"data\":{\"id\":\"1\"}}\r\n".utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
    }

    /// Opens a refresher, which asks nothing yet.
    private func open(_ url: String, accepts: Bool = false) throws {
        let client = XAPIClient(
            endpoint: try XEndpoint(url),
            token: try BearerToken("canary"),
            http: try HTTPClient(configuration: .init(userAgent: "test"))
        )
        var configuration = RefresherConfiguration()
        configuration.acceptsServer = accepts
        try Refresher(journal: folder.path, client: client, configuration: configuration, seed: 1).close()
    }

    private func server() throws -> String? { try Journal(directory: folder.path).server() }

    @Test func anotherServerIsRefusedWithBothNamesUntilItIsAccepted() throws {
        try record(from: "https://api.x.com")
        try open("https://api.x.com:443/")
        let error = #expect(throws: RefresherError.self) { try open("https://x.example:8443/v") }
        #expect(error?.code == .otherServer)
        for word in ["https://api.x.com", "https://x.example:8443,", "--journal", "--accept-server"] {
            #expect(error?.message.contains(word) == true, "\(word): \(error?.message ?? "")")
        }
        try open("https://x.example:8443/v", accepts: true)
        #expect(try server() == "https://x.example:8443")
        // From then on that is the server.
        try open("https://x.example:8443")
        #expect(throws: RefresherError.self) { try open("https://api.x.com") }
    }

    @Test(arguments: [("simulator", "https://api.x.com"), ("https://api.x.com", "http://127.0.0.1:8081")])
    func madeUpAndRealPostsNeverShareAJournal(_ recorded: String, _ url: String) throws {
        try record(from: recorded)
        for accepts in [false, true] {
            let error = #expect(throws: RefresherError.self) { try open(url, accepts: accepts) }
            #expect(error?.message.contains("never share a journal") == true)
            #expect(
                error?.message.contains("https://api.x.com") == true && error?.message.contains("simulator") == true
            )
        }
        #expect(try server() == recorded)
    }

    @Test func anyPortOfThisMachineIsTheSimulator() throws {
        try record(from: "simulator")
        for url in ["http://127.0.0.1:1", "http://localhost:65535", "https://[::1]:9"] { try open(url) }
        #expect(try server() == "simulator")
    }

    @Test func aJournalThatDoesNotSayFromWhereIsTakenAsItIs() throws {
        try record(from: nil)
        #expect(try server() == nil)
        try open("https://api.x.com")
        try record(from: "https://api.x.com")
        #expect(try server() == "https://api.x.com")
    }

    @Test func whatTheServerSaysIsNotTakenForItsName() throws {
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let headers = EventValue.object([("origin", .string("https://liar.example"))])
        try writer.append(event: EventKind.opened, fields: [("connection", .integer(1)), ("headers", headers)])
        try writer.append(
            event: EventKind.asked,
            fields: [("number", .integer(7)), ("origin", .string("https://a.b"))]
        )
        try writer.close()
        #expect(try server() == "https://a.b")
    }
}
