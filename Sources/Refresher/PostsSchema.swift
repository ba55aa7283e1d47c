internal import SQLite

/// The tables of `posts.sqlite`: what the Refresher knows of each post, filled from the journal alone.
///
/// Every column is a maximum, a minimum, or belongs to the row's newest document, so that the order in which documents come, and
/// how often, leaves no trace.
enum PostsSchema {
    /// "RepP" as a number.
    private static let applicationID: Int32 = 0x5265_7050

    static let migrator = Migrator(
        applicationID: applicationID,
        what: "what the refresher knows of posts",
        steps: [
            Migrator.Step("posts", sql: posts), Migrator.Step("posts put off", sql: putOff),
            Migrator.Step("authors", sql: authors), Migrator.Step("hidden sightings", sql: refilled),
        ]
    )

    // Posts that lookups told nothing of: how often in a row, and until when they are left alone. Not of the journal; where it is
    // lost they are asked for a little sooner.
    private static let putOff = """
        CREATE TABLE put_off (
            id INTEGER NOT NULL PRIMARY KEY,
            times INTEGER NOT NULL,
            until INTEGER NOT NULL
        ) STRICT;
        """

    // Of posts that the stream showed as withheld, nothing but that was kept before.
    private static let refilled = "UPDATE identity SET uuid = lower(hex(randomblob(16)));"

    // `author`: the raw content of the author's id. A new name gives the file a new checkpoint, so that it is filled once more.
    private static let authors = """
        ALTER TABLE posts ADD COLUMN author TEXT;
        UPDATE identity SET uuid = lower(hex(randomblob(16)));
        """

    // Times in microseconds since 1970 UTC. `rules` is the JSON array of tags as X sent them. `first`, `sighted`: the first and the
    // newest sighting on the stream. `observed`, `likes`: the newest counts; `observed_before`, `likes_before`: those before.
    // `gone`, `gone_before`: the two newest tombstones, `superseded`: the newest word of a newer version; they count while newer than
    // `observed`. `kind`: 0 a post, 1 a repost, 2 a quote, 3 a reply. `newest`: the newest version of a superseded one. `original`: what a
    // repost repeats; `original_gone`: that post's `gone`, while it counts. `due` is what the schedule says
    // of all that, null for never; `free_from`: from when on a free read before midnight stands for that; `value` orders what is due.
    private static let posts = """
        CREATE TABLE identity (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            uuid TEXT NOT NULL,
            schedule TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE TABLE posts (
            id INTEGER NOT NULL PRIMARY KEY,
            kind INTEGER NOT NULL DEFAULT 0,
            first INTEGER,
            sighted INTEGER,
            rules TEXT NOT NULL DEFAULT '[]',
            observed INTEGER,
            likes INTEGER,
            observed_before INTEGER,
            likes_before INTEGER,
            gone INTEGER,
            gone_before INTEGER,
            superseded INTEGER,
            newest INTEGER,
            original INTEGER,
            original_gone INTEGER,
            due INTEGER,
            free_from INTEGER,
            value REAL NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX posts_due ON posts (due) WHERE due IS NOT NULL;
        CREATE INDEX posts_original ON posts (original) WHERE original IS NOT NULL;
        CREATE INDEX posts_newest ON posts (newest) WHERE newest IS NOT NULL;
        """
}
