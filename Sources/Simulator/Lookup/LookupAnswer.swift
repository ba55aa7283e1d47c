internal import Time

/// The answer to one lookup while it is written.
struct LookupAnswer {
    private(set) var data = JSONText()
    private(set) var includes: Includes
    private(set) var errors = JSONText()
    /// The posts in `data`, to be charged for.
    private(set) var returnedIDs: [UInt64] = []
    /// The posts in `includes`.
    var includedIDs: [UInt64] { includes.postIDs }

    let world: PostWorld
    let view: PostView
    let time: Timestamp
    /// Whether one post is asked for by its own address, and stands in the answer by itself.
    let isSingle: Bool

    init(world: PostWorld, view: PostView, time: Timestamp, isSingle: Bool = false) {
        self.world = world
        self.view = view
        self.time = time
        self.isSingle = isSingle
        includes = Includes(view)
    }

    /// Adds a post that a simulator before this one streamed, or why it cannot be seen.
    mutating func add(_ past: PastPost) {
        let post = past.post(by: world.law, at: time)
        guard post.state != .deleted else { return addNotFound(post.id) }
        guard post.state == .visible else { return addNotAuthorized(post.id) }
        var made = past.made
        made.take(post.counts)
        made.withheldCountries = post.withheldCountries
        data.separate()
        made.writeObject(view.fields, spelling: view.spelling, to: &data)
        returnedIDs.append(post.id)
    }

    /// Adds a post, or why it cannot be seen.
    mutating func add(_ id: UInt64, answersWithNewest: Bool) {
        guard var post = world.truth.post(id, at: time), post.state != .deleted else { return addNotFound(id) }
        guard post.state == .visible else { return addNotAuthorized(id) }
        if answersWithNewest, let newest = post.editHistory.last, newest != id {
            guard let newer = world.truth.post(newest, at: time) else { return addNotFound(id) }
            post = newer
        }
        guard !returnedIDs.contains(post.id) else { return }
        guard let made = made(post) else { return addNotFound(id) }
        data.separate()
        made.writeObject(view.fields, spelling: view.spelling, to: &data)
        returnedIDs.append(post.id)
        includes.add(objectsOf: made)
        if view.expansions.contains(.references) {
            for reference in made.references { include(reference.id) }
        }
        if view.expansions.contains(.history) {
            for version in post.editHistory where version != post.id { include(version: version) }
        }
    }

    /// An id that X has trouble with just now.
    mutating func addUnavailable(_ id: UInt64) {
        error(
            id,
            title: "Resource Unavailable",
            detail: "Could not look up tweet with ids: [\(id)].",
            problem: "resource-unavailable"
        )
    }

    /// The whole answer, one line without an end; an array without elements is left out, as X does.
    var json: [UInt8] {
        var json = JSONText()
        json.raw("{")
        func add(_ name: StaticString, _ content: JSONText, _ end: StaticString) {
            guard !content.bytes.isEmpty else { return }
            json.comma(unlessAfter: 123)
            json.raw(name)
            json.bytes.append(contentsOf: content.bytes)
            json.raw(end)
        }
        var included = JSONText()
        if !includes.isEmpty { includes.write(to: &included) }
        json.bytes.reserveCapacity(data.bytes.count + included.bytes.count + errors.bytes.count + 64)
        add(isSingle ? "\"data\":" : "\"data\":[", data, isSingle ? "" : "]")
        add("\"includes\":", included, "")
        add("\"errors\":[", errors, "]")
        json.raw("}")
        return json.bytes
    }

    // MARK: - Internal

    private func made(_ post: SimulatedPost) -> GeneratedPost? {
        guard var made = world.recall(post.id)?.post else { return nil }
        made.take(post.counts)
        made.withheldCountries = post.withheldCountries
        made.earlierVersions = post.editHistory.filter { $0 < post.id }
        made.laterVersions = post.editHistory.filter { $0 > post.id }
        return made
    }

    private mutating func include(_ id: UInt64) {
        guard includes.isNew("reference", String(id)) else { return }
        let parameter = view.spelling == .tweet ? "referenced_tweets.id" : "referenced_posts"
        guard let post = world.truth.post(id, at: time), post.state != .deleted else {
            return addNotFound(id, parameter: parameter, section: "includes")
        }
        guard post.state == .visible, let made = made(post) else {
            return addNotAuthorized(id, parameter: parameter, section: "includes")
        }
        includes.add(referenced: made)
    }

    private mutating func include(version id: UInt64) {
        guard let post = world.truth.post(id, at: time), post.state == .visible, let made = made(post) else { return }
        includes.add(made)
    }

    mutating func addNotFound(_ id: UInt64, parameter: String? = nil, section: String? = nil) {
        let parameter = parameter ?? idParameter
        error(
            id,
            parameter: parameter,
            section: section,
            title: "Not Found Error",
            detail: "Could not find tweet with \(parameter): [\(id)].",
            problem: "resource-not-found"
        )
    }

    private var idParameter: String { isSingle ? "id" : "ids" }

    private mutating func addNotAuthorized(_ id: UInt64, parameter: String? = nil, section: String = "data") {
        let parameter = parameter ?? idParameter
        error(
            id,
            parameter: parameter,
            section: section,
            title: "Authorization Error",
            detail: "Sorry, you are not authorized to see the Tweet with \(parameter): [\(id)].",
            problem: "not-authorized-for-resource"
        )
    }

    private mutating func error(
        _ id: UInt64,
        parameter: String? = nil,
        section: String? = nil,
        title: String,
        detail: String,
        problem: String
    ) {
        errors.separate()
        errors.raw("{")
        // What is unavailable has no value in X's description.
        if parameter != nil { errors.member("value", String(id)) }
        errors.member("resource_id", String(id))
        if let parameter { errors.member("parameter", parameter) }
        errors.member("resource_type", "tweet")
        if let section { errors.member("section", section) }
        errors.member("title", title)
        errors.member("detail", detail)
        errors.member("type", "https://api.x.com/2/problems/" + problem)
        errors.raw("}")
    }
}
