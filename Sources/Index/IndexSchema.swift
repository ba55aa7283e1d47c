internal import SQLite

/// The tables of the embedded index; whoever queries the file by hand asks `posts`, `history`, `minutes` and `totals`.
///
/// Everything but the identity is a function of the set of documents that were delivered, whatever their order and however
/// often each came: a row of `documents` is the newest version of its post as a whole, and the counts are kept equal, in the
/// same transaction, to what counting the rows of `posts` would give. So a post that the stream delivers twice counts once, in
/// the minute and category of its newest sighting; keeping the first minute instead would need the oldest version too, and
/// would show a count that no row explains. A lookup repeats minute and category of the sighting it refreshes.
///
/// `observations` keeps the counts of every document, those of gone posts too: numbers beside an id that its stub keeps
/// anyway, no content. Deleting them would make the history depend on whether a post's old documents came before or after
/// its tombstone. `history` and all figures leave gone posts out.
enum IndexSchema {
    /// "RepI" as a number.
    static let applicationID: Int32 = 0x5265_7049

    static let steps = [
        Migrator.Step("documents and counts", sql: documentsAndCounts),
        Migrator.Step("observations and likes", sql: observationsAndLikes),
    ]

    /// How many steps lead to the tables of today.
    static var version: Int { steps.count }

    /// What a post adds to the likes of its category: its likes, as far as a post can have them, so that nothing that a
    /// stream may say brings the sum past 64 bits.
    static func counted(_ likes: Int64) -> Int { Int(min(max(likes, 0), likeLimit)) }

    /// More than a hundred likes from everyone alive.
    static let likeLimit: Int64 = 1_000_000_000_000

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

    // `observed` counts the posts whose likes are known by the minute in which those were observed. `liked` finds the most
    // liked of a minute by one walk down; what a stream delivers has hardly any likes yet, and costs it nothing.
    // A file of the first version knows the newest counts alone: there its history begins.
    private static let observationsAndLikes = """
        CREATE TABLE observations (
            tweet_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            observed_at INTEGER NOT NULL,
            likes INTEGER,
            retweets INTEGER,
            replies INTEGER,
            quotes INTEGER,
            PRIMARY KEY (tweet_id, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE observed (
            minute INTEGER NOT NULL PRIMARY KEY,
            count INTEGER NOT NULL CHECK (count >= 0)
        ) STRICT;
        ALTER TABLE totals ADD COLUMN likes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE totals ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
        INSERT INTO observations
            SELECT tweet_id, version, observed_at, likes, retweets, replies, quotes FROM documents
            WHERE likes IS NOT NULL OR retweets IS NOT NULL OR replies IS NOT NULL OR quotes IS NOT NULL;
        INSERT INTO observed
            SELECT observed_at / 60000000, count(*) FROM documents WHERE NOT gone AND likes IS NOT NULL GROUP BY 1;
        UPDATE totals SET likes = sums.likes, counted = sums.counted
            FROM (
                SELECT ifnull(category, '') AS category, sum(min(max(likes, 0), \(likeLimit))) AS likes,
                    count(*) AS counted
                FROM documents WHERE NOT gone AND likes IS NOT NULL GROUP BY 1
            ) AS sums
            WHERE totals.category = sums.category;
        CREATE INDEX liked ON documents (observed_at / 60000000, likes DESC) WHERE likes > 0 AND gone = 0;
        CREATE VIEW history AS
            SELECT tweet_id, observations.version, observations.observed_at, observations.likes,
                observations.retweets, observations.replies, observations.quotes
            FROM observations JOIN documents USING (tweet_id) WHERE NOT gone;
        """
}
