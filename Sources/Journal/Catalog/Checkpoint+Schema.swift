internal import SQLite

extension Checkpoint {
    /// Everything in `state.sqlite`, dead letters too.
    static let migrator = Migrator(
        applicationID: 0x5250_5354,  // "RPST"
        what: "a journal's state",
        steps: [
            .init(
                "checkpoints",
                sql: """
                    CREATE TABLE checkpoints (
                        name TEXT PRIMARY KEY,
                        sink TEXT NOT NULL,
                        transform TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE positions (
                        checkpoint TEXT NOT NULL REFERENCES checkpoints (name),
                        source TEXT NOT NULL,
                        at_offset INTEGER NOT NULL,
                        saved_us INTEGER NOT NULL,
                        PRIMARY KEY (checkpoint, source)
                    ) STRICT;
                    """
            ),
            .init(
                "dead letters",
                sql: """
                    CREATE TABLE dead_letters (
                        sink TEXT NOT NULL,
                        source TEXT NOT NULL,
                        at_offset INTEGER NOT NULL,
                        ordinal INTEGER NOT NULL,
                        reason TEXT NOT NULL,
                        noted_us INTEGER NOT NULL,
                        PRIMARY KEY (sink, source, at_offset, ordinal)
                    ) STRICT, WITHOUT ROWID;
                    """
            ),
            .init("places of sinks", sql: "ALTER TABLE checkpoints ADD COLUMN place TEXT NOT NULL DEFAULT ''"),
            .init("lengths of outputs", sql: "ALTER TABLE checkpoints ADD COLUMN output_length INTEGER"),
        ]
    )
}
