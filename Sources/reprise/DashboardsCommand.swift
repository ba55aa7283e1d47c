internal import Options
internal import Sinks

/// `reprise dashboards`: pictures for the search engines' own front ends.
enum DashboardsCommand {
    static let command = Command(
        name: "dashboards",
        summary: "Make dashboards for Kibana and OpenSearch Dashboards.",
        subcommands: [export]
    )

    private static let export = Command(
        name: "export",
        summary: "Print saved objects to import: one dashboard over an alias.",
        discussion: [
            "Posts by category, totals, a timeline, the most liked posts, and the data view that they need. Import the file "
                + "under Stack Management (Dashboards Management), Saved Objects; its name must end in .ndjson. What an "
                + "earlier import of the same alias brought is replaced if you say so there."
        ],
        examples: [
            ("reprise dashboards export > posts.ndjson", "for OpenSearch Dashboards, over the alias posts"),
            ("reprise dashboards export --for kibana --index cats > cats.ndjson", "for Kibana, over the alias cats"),
        ],
        options: [
            Context.config,
            Option(
                long: "for",
                value: "PRODUCT",
                help: "kibana or opensearch.",
                default: "opensearch",
                onlyOnCommandLine: true
            ),
            Option(
                long: "index",
                value: "ALIAS",
                help: "The alias, as in --sink opensearch:URL/ALIAS.",
                default: "posts",
                onlyOnCommandLine: true
            ),
        ],
        run: { invocation in
            let product = invocation.string("for") ?? ""
            guard let engine: SearchEngine = ["kibana": .elasticsearch, "opensearch": .opensearch][product] else {
                throw invocation.wrong("for", product, "kibana or opensearch")
            }
            let alias = invocation.string("index") ?? ""
            guard SearchAddress.isName(alias) else {
                throw invocation.wrong("index", alias, "an alias: a-z, 0-9, '-', '_' and '.', a letter or digit first")
            }
            try StandardOutput.write(SearchDashboards(engine, alias: alias).ndjson)
            return .done
        }
    )
}
