internal import HTTPServer
internal import Logging
internal import Synchronization
internal import Time

/// `GET /2/tweets`.
final class LookupEndpoint: Sendable {
    private static let idLimit = 100

    private let settings: LookupSettings
    private let world: PostWorld
    private let spelling: FieldSpelling
    private let refusalDelay: Duration
    private let clock: WallClock
    private let logger: Logger
    private let count = Atomic(0)
    /// Whether no post is found for now.
    let isForgetful = Atomic(false)

    init(
        _ settings: LookupSettings,
        configuration: SimulatorConfiguration,
        world: PostWorld,
        clock: WallClock,
        logger: Logger
    ) {
        self.settings = settings
        self.world = world
        spelling = configuration.spelling
        refusalDelay = configuration.refusalDelay
        self.clock = clock
        self.logger = logger
    }

    /// Requests so far.
    var requestCount: Int { count.load(ordering: .relaxed) }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        let number = count.add(1, ordering: .relaxed).newValue
        let fault = settings.faults.first { $0.requests.contains(number) }
        if let fault {
            logger.info("lookup meets a fault", [("request", String(number)), ("fault", "\(fault.kind)")])
        }
        switch fault?.kind {
        case .refuse(let status): return refuse(status)
        case .hang: return .stream(BrokenBody([], end: .wait), type: Self.type)
        default: break
        }
        let question: LookupAnswer.Question
        switch read(request) {
        case .success(let read): question = read
        case .failure(let refusal): return refusal.response
        }
        let json: [UInt8]
        do {
            json = try write(
                question,
                number: number,
                fault: isForgetful.load(ordering: .relaxed) ? .forget : fault?.kind
            )
        } catch {
            logger.error("posts of an earlier simulator cannot be read: \(error)")
            return Problem.status(503)
        }
        switch fault?.kind {
        case .truncate: return .bytes(Array(json.prefix(json.count / 2)), type: Self.type)
        case .cut: return .stream(BrokenBody(json.prefix(json.count / 2), end: .abort), type: Self.type)
        case .lose: return .stream(BrokenBody([], end: .reset), type: Self.type)
        default: return .bytes(json, type: Self.type)
        }
    }

    // MARK: - Internal

    private struct Refusal: Error {
        let response: HTTPResponse
    }

    private static let type = "application/json; charset=utf-8"

    private func refuse(_ status: Int) -> HTTPResponse {
        var response = Problem.status(status)
        if status == 429 {
            response.headers += RateLimits.headers(
                limit: settings.requestLimit,
                remaining: 0,
                reset: (clock.now + refusalDelay).seconds
            )
        }
        return response
    }

    private func read(_ request: HTTPRequest) -> Result<LookupAnswer.Question, Refusal> {
        func refusal(_ detail: String, _ value: String?) -> Result<LookupAnswer.Question, Refusal> {
            .failure(Refusal(response: Problem.invalidRequest(detail, parameter: "ids", value: value)))
        }
        guard let text = request.value("ids"), !text.isEmpty else {
            return refusal("The `ids` query parameter can not be empty", nil)
        }
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count <= Self.idLimit else {
            return refusal("The `ids` query parameter holds \(parts.count) ids; it may hold 1 to \(Self.idLimit)", nil)
        }
        var ids: [UInt64] = []
        for part in parts {
            let part = String(Substring(part))
            guard isID(part), let id = UInt64(part) else {
                return refusal("The `ids` query parameter value [\(part)] is not valid", part)
            }
            if !ids.contains(id) { ids.append(id) }
        }
        let expansions = (request.value("expansions") ?? "").split(separator: ",")
        let expands = expansions.contains { ["referenced_tweets.id", "referenced_posts"].contains($0) }
        var fields = PostFields(list: request.value("tweet.fields") ?? request.value("post.fields"))
        // What is expanded is asked for.
        if expands { fields.insert(.references) }
        return .success(LookupAnswer.Question(ids: ids, fields: fields, expandsReferences: expands))
    }

    /// Writes an answer, and charges for it.
    private func write(_ question: LookupAnswer.Question, number: Int, fault: LookupFault.Kind?) throws -> [UInt8] {
        let unknown = question.ids.filter { world.memory.known($0) == nil }
        let past = try unknown.isEmpty ? [:] : settings.past?.records(of: unknown) ?? [:]
        var answer = LookupAnswer(world: world, spelling: spelling, time: clock.now)
        for (index, id) in question.ids.enumerated() {
            if fault == .omit, index % 10 == 0 { continue }
            let place = Int(SeededGenerator.mixed(id &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15) % 1_000)
            if place < settings.omittedPerMille { continue }
            let isUnavailable = place < settings.omittedPerMille + settings.unavailablePerMille
            if fault == .forget {
                answer.addNotFound(id)
            } else if isUnavailable || fault == .partial && index % 10 == 0 {
                answer.addUnavailable(id)
            } else if let record = past[id], let post = PastPost(record: record) {
                answer.add(post, question)
            } else {
                answer.add(id, question, answersWithNewest: settings.answersWithNewestVersion)
            }
        }
        world.meter.charge(answer.returnedIDs + (settings.chargesForIncludes ? answer.includedIDs : []))
        return answer.json
    }
}
