internal import JSON

extension SearchDashboards {
    /// A picture of the kind that is put together of metrics and buckets, and that users can change in their browser.
    struct Visualization {
        let title: String
        let description: String
        /// The kind: `pie`, `metric`, `histogram` or `table`.
        let type: String
        let params: JSONTree
        let aggregations: [JSONTree]

        /// The state as it is saved, which repeats the title.
        func state(title: String) -> JSONTree {
            ["title": .string(title), "type": .string(type), "params": params, "aggs": .array(aggregations)]
        }
    }

    /// Donut: which share of the posts counts for which category.
    var byCategory: Visualization {
        Visualization(
            title: "posts by category",
            description: "Posts of each category: the tag of the first rule that matched.",
            type: "pie",
            params: [
                "type": "pie", "addTooltip": true, "addLegend": true, "legendPosition": "right", "isDonut": true,
                "labels": ["show": true, "values": true, "last_level": true, "truncate": 100],
            ],
            aggregations: [posts("1"), categories("2", as: "segment")]
        )
    }

    /// Two numbers: posts, and the likes of all of them.
    var totals: Visualization {
        Visualization(
            title: "totals",
            description: "Posts, and the sum of their likes as last seen.",
            type: "metric",
            params: [
                "addTooltip": true, "addLegend": false, "type": "metric",
                "metric": [
                    "percentageMode": false, "useRanges": false, "colorSchema": "Green to Red",
                    "metricColorMode": "None", "colorsRange": [["from": 0, "to": 10_000]], "labels": ["show": true],
                    "invertColors": false,
                    "style": [
                        "bgFill": "#000", "bgColor": false, "labelColor": false, "subText": "", "fontSize": 48,
                    ],
                ],
            ],
            aggregations: [
                posts("1"),
                aggregation("2", "sum", "metric", [("field", "likes"), ("customLabel", "likes")]),
            ]
        )
    }

    /// Stacked bars: posts in each half hour, by category.
    var timeline: Visualization {
        let interval = engine == .elasticsearch ? "useNormalizedEsInterval" : "useNormalizedOpenSearchInterval"
        return Visualization(
            title: "posts per 30 minutes",
            description: "Posts by the time of their arrival, each bar half an hour.",
            type: "histogram",
            params: barParams,
            aggregations: [
                posts("1"),
                aggregation(
                    "2",
                    "date_histogram",
                    "segment",
                    [
                        ("field", "timestamp"), (interval, true), ("scaleMetricValues", false), ("interval", "30m"),
                        ("drop_partials", false), ("min_doc_count", 1), ("extended_bounds", [:]),
                    ]
                ),
                categories("3", as: "group"),
            ]
        )
    }

    /// Table: the posts with most likes, with their words.
    var mostLiked: Visualization {
        Visualization(
            title: "most liked",
            description: "The posts with most likes as last seen.",
            type: "table",
            params: [
                "perPage": 10, "showPartialRows": false, "showMetricsAtAllLevels": false, "showTotal": false,
                "totalFunc": "sum", "percentageCol": "", "sort": ["columnIndex": .null, "direction": .null],
            ],
            aggregations: [
                aggregation("1", "max", "metric", [("field", "likes"), ("customLabel", "likes")]),
                newest("3", "category"), newest("4", "text"),
                aggregation(
                    "2",
                    "terms",
                    "bucket",
                    [
                        ("field", "tweet_id"), ("orderBy", "1"), ("order", "desc"), ("size", 20),
                        ("otherBucket", false), ("missingBucket", false), ("customLabel", "post"),
                    ]
                ),
            ]
        )
    }

    private func posts(_ id: String) -> JSONTree { aggregation(id, "count", "metric", [("customLabel", "posts")]) }

    /// A post without a category is no contestant, so it has no bucket.
    private func categories(_ id: String, as schema: String) -> JSONTree {
        aggregation(
            id,
            "terms",
            schema,
            [
                ("field", "category"), ("orderBy", "1"), ("order", "desc"), ("size", 10), ("otherBucket", true),
                ("otherBucketLabel", "others"), ("missingBucket", false), ("customLabel", "category"),
            ]
        )
    }

    /// A field of the one document that a bucket of posts has.
    private func newest(_ id: String, _ field: String) -> JSONTree {
        aggregation(
            id,
            "top_hits",
            "metric",
            [
                ("field", .string(field)), ("aggregate", "concat"), ("size", 1), ("sortField", "timestamp"),
                ("sortOrder", "desc"), ("customLabel", .string(field)),
            ]
        )
    }

    private func aggregation(
        _ id: String,
        _ type: String,
        _ schema: String,
        _ params: [(name: String, value: JSONTree)]
    ) -> JSONTree {
        [
            "id": .string(id), "enabled": true, "type": .string(type), "schema": .string(schema),
            "params": .object(params),
        ]
    }

    private var barParams: JSONTree {
        [
            "type": "histogram", "grid": ["categoryLines": false],
            "categoryAxes": [
                [
                    "id": "CategoryAxis-1", "type": "category", "position": "bottom", "show": true, "style": [:],
                    "scale": ["type": "linear"], "labels": ["show": true, "filter": true, "truncate": 100],
                    "title": [:],
                ]
            ],
            "valueAxes": [
                [
                    "id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "left", "show": true,
                    "style": [:], "scale": ["type": "linear", "mode": "normal"],
                    "labels": ["show": true, "rotate": 0, "filter": false, "truncate": 100],
                    "title": ["text": "posts"],
                ]
            ],
            "seriesParams": [
                [
                    "show": true, "type": "histogram", "mode": "stacked", "data": ["label": "posts", "id": "1"],
                    "valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": true, "lineWidth": 2, "showCircles": true,
                ]
            ],
            "addTooltip": true, "addLegend": true, "legendPosition": "right", "times": [], "addTimeMarker": false,
            "labels": ["show": false],
            "thresholdLine": ["show": false, "value": 10, "width": 1, "style": "full", "color": "#E7664C"],
        ]
    }
}
