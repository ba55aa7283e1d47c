import HTTPClient
import Journal
import Logging
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// A refresher that may not start leaves nothing taken: the next start finds both sources free.
@Suite(.timeLimit(.minutes(20)))
struct RefusedStartTests {
    /// Keeps what was opened, so that only a writer that was closed has given its source back.
    private final class Writers {
        var all: [JournalWriter] = []
    }

    private struct Refusal: Error {}

    private let folder: TemporaryFolder
    private let writers = Writers()

    init() throws { folder = try TemporaryFolder() }

    private func access(refusing refused: SourceName? = nil, opens: Bool = true) -> JournalAccess {
        let (directory, writers) = (folder.path, writers)
        return JournalAccess(
            directory: directory,
            open: {
                guard opens else { throw Refusal() }
                return try Journal(directory: directory)
            },
            writer: { source, clock in
                if source == refused { throw Refusal() }
                let writer = try JournalWriter(directory: directory, source: source, clock: clock)
                writers.all.append(writer)
                return writer
            }
        )
    }

    private func start(_ access: JournalAccess) throws -> Refresher {
        let client = XAPIClient(
            endpoint: try XEndpoint("http://127.0.0.1:9"),
            token: try BearerToken("canary"),
            http: try HTTPClient(configuration: .init(userAgent: "test"))
        )
        var configuration = RefresherConfiguration()
        configuration.budgets = [try Budget(parsing: "5/day")]
        return try Refresher(
            access,
            client: client,
            configuration: configuration,
            clock: .system,
            logger: .silent,
            seed: 1
        )
    }

    @Test func aLedgerThatIsRefusedLeavesTheLookupsFree() throws {
        #expect(throws: Refusal.self) { try start(access(refusing: .ledger)) }
        #expect(writers.all.count == 1)
        try start(access()).close()
    }

    @Test func aLedgerThatCannotBeReadLeavesBothSourcesFree() throws {
        #expect(throws: Refusal.self) { try start(access(opens: false)) }
        #expect(writers.all.count == 2)
        try start(access()).close()
    }
}
