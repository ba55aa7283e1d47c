internal import SQLite

extension Catalog {
    /// Every schema there has been, oldest first.
    static let migrator = Migrator(
        applicationID: applicationID,
        what: "a journal's catalog",
        steps: [
            .init(
                "segments and events",
                sql: """
                    CREATE TABLE segments (
                        source TEXT NOT NULL,
                        id INTEGER NOT NULL,
                        sealed INTEGER NOT NULL,
                        first_offset INTEGER NOT NULL,
                        end_offset INTEGER NOT NULL,
                        records INTEGER NOT NULL,
                        blocks INTEGER NOT NULL,
                        stored_bytes INTEGER NOT NULL,
                        first_arrival_us INTEGER,
                        last_arrival_us INTEGER,
                        PRIMARY KEY (source, id)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE events (
                        source TEXT NOT NULL,
                        time_us INTEGER NOT NULL,
                        segment INTEGER NOT NULL,
                        at_offset INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (source, time_us)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX events_of_segment ON events (source, segment);
                    -- A connection: from its opened event to its closed one, or to the next opened one where a kill took that.
                    CREATE VIEW connections AS
                    SELECT source, time_us AS opened_us, at_offset AS first_offset, json AS opened,
                        (SELECT min(c.time_us) FROM events c WHERE c.source = o.source AND c.kind IN ('closed', 'opened')
                            AND c.time_us > o.time_us) AS ended_us,
                        (SELECT c.json FROM events c WHERE c.source = o.source AND c.kind IN ('closed', 'opened')
                            AND c.time_us > o.time_us ORDER BY c.time_us LIMIT 1) AS ended
                    FROM events o WHERE kind = 'opened';
                    -- A gap: bytes known to be missing, or the time between two connections.
                    CREATE VIEW gaps AS
                    SELECT source, at_offset, time_us AS from_us, NULL AS until_us, json AS why FROM events WHERE kind = 'gap'
                    UNION ALL
                    SELECT source, at_offset, time_us,
                        (SELECT min(o.time_us) FROM events o WHERE o.source = c.source AND o.kind = 'opened'
                            AND o.time_us > c.time_us), json
                    FROM events c WHERE kind = 'closed';
                    CREATE VIEW rules AS
                    SELECT source, time_us AS since_us, at_offset, json FROM events WHERE kind = 'rules';
                    """
            ),
            .init(
                "segments that are not sealed are found at once",
                sql: "CREATE INDEX unsealed_segments ON segments (source, id) WHERE sealed = 0;"
            ),
        ]
    )
}
