internal import JSON
public import Time

/// What a lookup asks for, as it stands in the journal's `asked` event before the request leaves.
///
/// With each post stands what is known of it and an answer may lack; what is not known is left out.
///
/// ```
/// {"kind":"asked","number":7,"origin":"https://api.x.com","deletions":"believed-later",
///  "posts":[{"id":"42","arrival":1795525200000000,"rules":["cats"],"author":"9","refers":"reply"}]}
/// ```
///
/// With `deletions` the answer alone deletes nothing: what X did not find waits for a record of deletions that are believed. Questions
/// of older versions have no such member, and their answers delete at once.
public struct Question: Sendable, Equatable {
    /// A post that is asked for, with its newest sighting on the stream.
    public struct Post: Sendable, Equatable {
        /// Its id.
        public let id: UInt64
        /// When the stream showed it last.
        public let arrival: Timestamp
        /// The tags of the rules that it matched then, as a JSON array with the escapes that X sent; null for a first rule
        /// without a tag, because then the post has no category.
        public let rules: [UInt8]
        /// The raw content of its author's id, with the escapes that X sent; nil where it is not known.
        public var author: [UInt8]?
        /// What it is to the posts it refers to.
        public var kind = PostKind.post
        /// Of a repost, the post that it repeats.
        public var repostedID: UInt64?
        /// The newest version of a post that was edited since; nil where it is the newest itself, as far as known.
        public var newestID: UInt64?

        /// Names a post.
        public init(id: UInt64, arrival: Timestamp, rules: [UInt8]) {
            self.id = id
            self.arrival = arrival
            self.rules = rules
        }

        fileprivate func write(to output: inout [UInt8]) {
            output += Array("{\"id\":\"\(id)\",\"arrival\":\(arrival.rawValue),\"rules\":".utf8)
            output += rules
            if let author { output += Array(",\"author\":\"".utf8) + author + [34] }
            if kind != .post { output += Array(",\"refers\":\"\(kind.name)\"".utf8) }
            if let repostedID { output += Array(",\"reposted\":\"\(repostedID)\"".utf8) }
            if let newestID { output += Array(",\"newest\":\"\(newestID)\"".utf8) }
            output.append(125)
        }
    }

    /// The posts, each once.
    public let posts: [Post]

    /// Makes a question.
    public init(_ posts: [Post]) { self.posts = posts }

    /// The value of the event's member `deletions`.
    public static let deletionsLater = "believed-later"

    /// The value of the event's member `posts`.
    public var json: [UInt8] {
        var output: [UInt8] = [91]
        for (index, post) in posts.enumerated() {
            if index > 0 { output.append(44) }
            post.write(to: &output)
        }
        output.append(93)
        return output
    }
}

/// Reads questions; one thread.
///
/// The tags that it gives point into the question read last.
final class QuestionReader {
    private let event = JSONExtractor(
        JSONPlan([.init("posts", .items, slot: 0), .init("deletions", .present, slot: 1)])
    )
    private let post = JSONExtractor(
        JSONPlan([
            .init("id", .string, slot: 0), .init("arrival", .integer, slot: 1), .init("rules", .items, slot: 2),
            .init("author", .string, slot: 3), .init("refers", .string, slot: 4), .init("reposted", .string, slot: 5),
            .init("newest", .string, slot: 6),
        ])
    )
    /// The event's JSON with room behind it.
    private var bytes: [UInt8] = []

    /// Whether the answer to the question that was read last deletes nothing by itself.
    var deletionsWait: Bool { event.isPresent(1) }

    /// Gives the sightings by id while the body runs; nil where it is no question.
    func read<Result>(_ json: [UInt8], _ body: ([UInt64: Sighting]) -> Result) -> Result? {
        bytes = json + [UInt8](repeating: 0, count: JSONExtractor.padding)
        return bytes.withUnsafeBytes { buffer in
            guard event.read(UnsafeRawBufferPointer(rebasing: buffer[0..<json.count])) == .read else { return nil }
            var sightings: [UInt64: Sighting] = [:]
            for index in 0..<event.count(0) {
                guard let item = event.string(0, element: index), post.read(item) == .read, let id = post.string(0),
                    let number = PostID.number(id), let arrival = post.integer(1)
                else { return nil }
                sightings[number] = sighting(at: Timestamp(rawValue: arrival))
            }
            return body(sightings)
        }
    }

    /// The sighting of the post that was read last.
    private func sighting(at arrival: Timestamp) -> Sighting {
        func number(_ slot: Int) -> UInt64? { post.string(slot).flatMap { PostID.number($0) } }
        var sighting = Sighting(arrival: arrival, tags: tags())
        sighting.author = post.string(3)
        sighting.kind = post.string(4).flatMap { PostKind(name: $0) } ?? .post
        sighting.repostedID = number(5)
        sighting.newestID = number(6)
        return sighting
    }

    private func tags() -> [UnsafeRawBufferPointer?] {
        (0..<post.count(2)).map { index in
            guard let item = post.string(2, element: index), item.count >= 2, item[0] == 34 else { return nil }
            return UnsafeRawBufferPointer(rebasing: item[1..<item.count - 1])
        }
    }
}

/// Ids of posts as numbers of 64 bits.
enum PostID {
    /// The number of an id, or nil where it is none.
    static func number(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard DefaultTransform.isID(bytes) else { return nil }
        // 19 digits always fit.
        return bytes.reduce(0) { $0 * 10 + UInt64($1 - 48) }
    }
}
