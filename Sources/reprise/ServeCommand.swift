internal import Dashboard
internal import Index
internal import Lifecycle
internal import Logging
internal import Options
internal import Time

/// `reprise serve`: the page alone, over an index that something else fills.
enum ServeCommand {
    static let command = Command(
        name: "serve",
        summary: "Show an index as a web page.",
        discussion: [
            "Opens the index for reading only; a recorder or a replay may write to it meanwhile, and the page follows. "
                + "The page is for this machine unless --host says otherwise; it has no log-in of its own."
        ],
        examples: [
            ("reprise serve", "the index in the journal's folder, at http://127.0.0.1:8080"),
            ("reprise serve --index posts.sqlite --port 0", "another index, at a free port"),
        ],
        options: Context.common + PageOptions.all,
        run: { invocation in
            let logger = try Context.logger(invocation)
            let configuration = try PageOptions.configuration(invocation)
            let path = PageOptions.indexPath(invocation, directory: Context.journalDirectory(invocation))
            // A wrong path is reported at once; what happens to the index later is waited out.
            _ = try IndexReader(path: path)
            let page = try DashboardService(
                index: path,
                configuration: configuration,
                clock: .system,
                logger: logger.labelled("page")
            )
            logger.notice("the page is at \(page.url)")
            try ServiceGroup(services: [page], logger: logger).run()
            return .done
        }
    )
}

/// The options of every command that has a page.
enum PageOptions {
    static let index = Option(
        long: "index",
        value: "FILE",
        help: "The embedded index; index.sqlite in the journal's folder unless given.",
        environment: "REPRISE_INDEX"
    )

    static let all = [
        index,
        Option(
            long: "host",
            value: "ADDRESS",
            help: "The address that the page is served at; 0.0.0.0 shows it to everyone on the network.",
            environment: "REPRISE_HOST",
            default: "127.0.0.1"
        ),
        Option(
            long: "port",
            value: "PORT",
            help: "The page's port; 0 takes a free one.",
            environment: "REPRISE_PORT",
            default: "8080"
        ),
        Option(
            long: "host-name",
            value: "NAME",
            help: "A name that the page may also be asked for by, behind a proxy or a tunnel.",
            repeats: true
        ),
        Option(
            long: "chart-js",
            value: "FILE",
            help: "Chart.js, as Debian's package libjs-chart.js installs it.",
            environment: "REPRISE_CHART_JS",
            default: "/usr/share/javascript/chart.js/chart.min.js"
        ),
    ]

    /// The index that was named, else the one in the journal's folder.
    static func indexPath(_ invocation: Invocation, directory: String) -> String {
        invocation.string("index") ?? directory + "/index.sqlite"
    }

    static func configuration(_ invocation: Invocation) throws -> DashboardConfiguration {
        var configuration = DashboardConfiguration()
        if let host = invocation.string("host") { configuration.host = host }
        if let port = try invocation.int("port") {
            guard let port = UInt16(exactly: port) else {
                throw invocation.wrong("port", String(port), "a port, 0 to 65535")
            }
            configuration.port = port
        }
        configuration.hostNames = Set(invocation.strings("host-name").map { $0.lowercased() })
        if let path = invocation.string("chart-js") { configuration.chartScriptPath = path }
        return configuration
    }
}
