internal import Time

/// The objects beside the posts of an answer, each once: `includes`.
struct Includes {
    private let view: PostView
    private(set) var media = JSONText()
    private(set) var posts = JSONText()
    private(set) var users = JSONText()
    /// The posts among them.
    private(set) var postIDs: [UInt64] = []
    private var known: Set<String> = []

    init(_ view: PostView) {
        self.view = view
    }

    var isEmpty: Bool { media.bytes.isEmpty && posts.bytes.isEmpty && users.bytes.isEmpty }

    /// Adds the author and media of a post that is in the answer's data.
    mutating func add(objectsOf post: GeneratedPost) {
        if view.expansions.contains(.author) { add(user: post.author) }
        if view.expansions.contains(.media) { add(media: post) }
    }

    /// Adds a post that one in the answer's data refers to.
    mutating func add(referenced post: GeneratedPost) {
        add(post)
        if view.expansions.contains(.referencesAuthor) { add(user: post.author) }
        if view.expansions.contains(.referencesMedia) { add(media: post) }
    }

    /// Adds a post.
    mutating func add(_ post: GeneratedPost) {
        guard isNew("post", String(post.id)) else { return }
        posts.separate()
        post.writeObject(view.fields, spelling: view.spelling, to: &posts)
        postIDs.append(post.id)
    }

    /// Whether a kind of object with that name has not come before.
    mutating func isNew(_ kind: String, _ name: String) -> Bool { known.insert("\(kind) \(name)").inserted }

    /// Appends the object's members, in the order of their names.
    func write(to json: inout JSONText) {
        json.raw("{")
        func add(_ name: StaticString, _ content: JSONText) {
            guard !content.bytes.isEmpty else { return }
            json.comma(unlessAfter: 123)
            json.raw(name)
            json.bytes.append(contentsOf: content.bytes)
            json.raw("]")
        }
        add("\"media\":[", media)
        if view.spelling == .post { add("\"posts\":[", posts) }
        if view.spelling == .tweet { add("\"tweets\":[", posts) }
        add("\"users\":[", users)
        json.raw("}")
    }

    // MARK: - Internal

    private mutating func add(user author: Int) {
        let id = Authors.id(author)
        guard isNew("user", String(id)) else { return }
        let handle = Authors.handle(author)
        let mixed = SeededGenerator.mixed(UInt64(author) &+ 0xC0)
        users.separate()
        users.raw("{")
        if view.userFields.contains("created_at") {
            // Between 2006 and 2026.
            let time = Timestamp(microseconds: 1_150_000_000_000_000 + Int64(mixed % 600_000_000) * 1_000_000)
            users.member("created_at", String(time.rfc3339.prefix(20)) + "000Z")
        }
        if view.userFields.contains("description") { users.member("description", "") }
        users.member("id", String(id))
        users.member("name", handle)
        if view.userFields.contains("protected") { users.raw(",\"protected\":false") }
        if view.userFields.contains("public_metrics") {
            users.raw(",\"public_metrics\":{\"followers_count\":")
            users.number(mixed % 5_000)
            users.raw(",\"following_count\":")
            users.number(mixed >> 16 % 2_000)
            users.raw(",\"listed_count\":")
            users.number(mixed >> 32 % 20)
            for name in view.spelling == .tweet ? ["post_count", "tweet_count"] : ["post_count"] {
                users.raw(",")
                users.string(name)
                users.raw(":")
                users.number(mixed >> 40 % 20_000)
            }
            users.raw("}")
        }
        users.member("username", handle)
        if view.userFields.contains("verified") { users.raw(",\"verified\":false") }
        users.raw("}")
    }

    private mutating func add(media post: GeneratedPost) {
        for key in post.mediaKeys where isNew("media", key) {
            let isPhoto = key.hasPrefix("3_")
            media.separate()
            media.raw("{")
            if view.mediaFields.contains("duration_ms"), !isPhoto { media.raw("\"duration_ms\":12000") }
            if view.mediaFields.contains("height") {
                media.comma(unlessAfter: 123)
                media.raw("\"height\":800")
            }
            media.member("media_key", key)
            let picture = "https://pbs.twimg.com/media/\(key).jpg"
            if view.mediaFields.contains("preview_image_url"), !isPhoto { media.member("preview_image_url", picture) }
            if view.mediaFields.contains("public_metrics"), !isPhoto {
                media.raw(",\"public_metrics\":{\"view_count\":0}")
            }
            media.member("type", isPhoto ? "photo" : "video")
            if view.mediaFields.contains("url"), isPhoto { media.member("url", picture) }
            if view.mediaFields.contains("width") { media.raw(",\"width\":1200") }
            media.raw("}")
        }
    }
}

extension JSONText {
    /// Appends a comma, unless nothing is written yet.
    mutating func separate() {
        if !bytes.isEmpty { bytes.append(44) }
    }
}
