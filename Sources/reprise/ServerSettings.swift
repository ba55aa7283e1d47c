internal import Journal
internal import Logging
internal import Options
internal import XAPI

/// Keeps the posts of one server out of the journal of another.
enum ServerSettings {
    static let accept = Option(
        long: "accept-server",
        help:
            "Go on with this journal although X_API_URL leads to another server than it was recorded from, because both are the "
            + "same X. Made-up and real posts never share a journal."
    )

    /// Refuses a server that the journal was not recorded from; where it was accepted, the journal notes it.
    static func check(
        _ endpoint: XEndpoint,
        _ invocation: Invocation,
        _ directory: String,
        _ writer: JournalWriter,
        _ logger: Logger
    ) throws {
        let origin = endpoint.origin
        guard let known = try Journal(directory: directory).server().map({ ServerOrigin(name: $0) }), known != origin
        else { return }
        let refusal = origin.refusal(for: directory, of: known, isAccepted: invocation.flag("accept-server"))
        if let refusal { throw ConfigurationError(refusal) }
        try writer.append(
            event: EventKind.server,
            fields: [("origin", .string(origin.name)), ("before", .string(known.name))]
        )
        logger.notice("the journal goes on with \(origin), which before was \(known)")
    }
}
