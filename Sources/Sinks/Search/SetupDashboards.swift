internal import JSON

/// Saved objects for Kibana and OpenSearch Dashboards: one dashboard over the documents of an alias.
///
/// In the shapes of version 7.10, from which both products come and which both take. Every id follows from the alias, so a
/// file that is imported again replaces what it brought before.
public struct SearchDashboards: Sendable {
    /// Whose objects: Kibana's for Elasticsearch, OpenSearch Dashboards' for OpenSearch.
    let engine: SearchEngine
    /// The alias that is looked at; not the indices behind it, because its filter hides posts that are gone.
    let alias: String

    /// Makes the objects for an alias.
    public init(_ engine: SearchEngine, alias: String) {
        self.engine = engine
        self.alias = alias
    }

    /// The file to import: one object a line.
    public var ndjson: String {
        ([indexPattern] + panels.map(\.object) + [dashboard]).map { $0.text + "\n" }.joined()
    }

    /// A visualization and its place on the dashboard, which is 48 columns wide.
    struct Panel {
        let id: String
        let object: JSONTree
        let place: (x: Int, y: Int, width: Int, height: Int)
    }

    var panels: [Panel] {
        [
            panel("totals", totals, (0, 0, 16, 14)), panel("by-category", byCategory, (16, 0, 32, 14)),
            panel("timeline", timeline, (0, 14, 48, 16)), panel("most-liked", mostLiked, (0, 30, 48, 18)),
        ]
    }

    private func id(_ name: String) -> String { "reprise-\(alias)-\(name)" }

    /// A data view, as newer Kibanas call it.
    ///
    /// It lists no fields: they are asked from the index when it is opened.
    private var indexPattern: JSONTree {
        object(
            "index-pattern",
            id: id("posts"),
            ["title": .string(alias), "timeFieldName": "timestamp"],
            references: [],
            version: "7.6.0"
        )
    }

    private func panel(
        _ name: String,
        _ picture: Visualization,
        _ place: (x: Int, y: Int, width: Int, height: Int)
    ) -> Panel {
        // The place of the index pattern's id in nested JSON is a name, resolved by the references.
        let reference = "kibanaSavedObjectMeta.searchSourceJSON.index"
        let attributes: JSONTree = [
            "title": .string("\(alias): \(picture.title)"),
            "visState": .string(picture.state(title: "\(alias): \(picture.title)").text),
            "uiStateJSON": "{}",
            "description": .string(picture.description),
            "version": 1,
            "kibanaSavedObjectMeta": ["searchSourceJSON": .string(search(index: reference).text)],
        ]
        let visualization = object(
            "visualization",
            id: id(name),
            attributes,
            references: [["name": .string(reference), "type": "index-pattern", "id": .string(id("posts"))]],
            version: "7.10.0"
        )
        return Panel(id: id(name), object: visualization, place: place)
    }

    private var dashboard: JSONTree {
        let places = panels.enumerated().map { number, panel -> JSONTree in
            let index = JSONTree.string("\(number + 1)")
            return [
                "version": "7.10.0",
                "gridData": [
                    "x": .integer(panel.place.x), "y": .integer(panel.place.y), "w": .integer(panel.place.width),
                    "h": .integer(panel.place.height), "i": index,
                ],
                "panelIndex": index,
                "embeddableConfig": [:],
                "panelRefName": .string("panel_\(number)"),
            ]
        }
        let references = panels.enumerated().map { number, panel -> JSONTree in
            ["name": .string("panel_\(number)"), "type": "visualization", "id": .string(panel.id)]
        }
        let options: JSONTree = ["hidePanelTitles": false, "useMargins": true]
        return object(
            "dashboard",
            id: id("dashboard"),
            [
                "title": .string("\(alias): who is winning"),
                "hits": 0,
                "description": "Made by reprise dashboards export.",
                "panelsJSON": .string(JSONTree.array(places).text),
                "optionsJSON": .string(options.text),
                "version": 1,
                "timeRestore": true,
                "timeFrom": "now-24h",
                "timeTo": "now",
                "refreshInterval": ["pause": false, "value": 10_000],
                "kibanaSavedObjectMeta": ["searchSourceJSON": .string(search(index: nil).text)],
            ],
            references: references,
            version: "7.9.3"
        )
    }

    private func search(index: String?) -> JSONTree {
        let query: JSONTree = ["query": "", "language": "kuery"]
        guard let index else { return ["query": query, "filter": []] }
        return ["query": query, "filter": [], "indexRefName": .string(index)]
    }

    /// An object with the version of its shape, so that later products know which of their conversions it needs.
    private func object(
        _ type: String,
        id: String,
        _ attributes: JSONTree,
        references: [JSONTree],
        version: String
    ) -> JSONTree {
        var members: [(name: String, value: JSONTree)] = [
            ("type", .string(type)), ("id", .string(id)), ("attributes", attributes),
            ("references", .array(references)), ("migrationVersion", [type: .string(version)]),
        ]
        // Only Kibana counts its core's conversions too.
        if engine == .elasticsearch { members.append(("coreMigrationVersion", "7.10.0")) }
        return .object(members)
    }
}
