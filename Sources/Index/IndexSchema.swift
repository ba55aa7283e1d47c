internal import SQLite

/// The tables of the embedded index; whoever queries the file by hand asks `posts`, `minutes` and `totals`.
///
/// Everything but the identity is a function of the set of documents that were delivered, whatever their order and however
/// often each came: a row of `documents` is the newest version of its post as a whole, and the counts are kept equal, in the
/// same transaction, to what counting the rows of `posts` would give. So a post that the stream delivers twice counts once, in
/// the minute and category of its newest sighting; keeping the first minute instead would need the oldest version too, and
/// would show a count that no row explains. A lookup repeats minute and category of the sighting it refreshes.
enum IndexSchema {
    /// "RepI" as a number.
    static let applicationID: Int32 = 0x5265_7049

    private static let steps = [Migrator.Step("documents and counts", sql: documentsAndCounts)]

    /// How many steps lead to the tables of today.
    static var version: Int { steps.count }

    static let migrator = Migrator(applicationID: applicationID, what: "an index of posts", steps: steps)

    // `documents` has no rowid: its key is the post's id, and ids of new posts grow, so new rows are appended.
    // Times: `timestamp` in milliseconds as in the documents, `observed_at` in microseconds, `minute` in whole minutes, all
    // since 1970 UTC. The category '' stands for "none" in the counts.
    private static let documentsAndCounts = """
        CREATE TABLE identity (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            uuid TEXT NOT NULL,
            transform TEXT NOT NULL
        ) STRICT;
        CREATE TABLE documents (
            tweet_id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
            timestamp INTEGER,
            category TEXT,
            categories TEXT,
            retweets INTEGER,
            replies INTEGER,
            likes INTEGER,
            quotes INTEGER,
            created_at TEXT,
            observed_at INTEGER NOT NULL,
            author_id TEXT,
            lang TEXT,
            kind TEXT NOT NULL,
            text TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE minutes (
            minute INTEGER NOT NULL,
            category TEXT NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),
            PRIMARY KEY (minute, category)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE totals (
            category TEXT NOT NULL PRIMARY KEY,
            count INTEGER NOT NULL CHECK (count >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE newest (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            observed_at INTEGER NOT NULL
        ) STRICT;
        CREATE VIEW posts AS
            SELECT tweet_id, retweets, replies, likes, category, timestamp, quotes, categories, created_at, observed_at,
                author_id, lang, text, kind, version
            FROM documents WHERE NOT gone;
        """
}
