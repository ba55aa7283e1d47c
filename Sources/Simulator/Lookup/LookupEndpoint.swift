internal import HTTPServer
internal import Logging
internal import Synchronization
internal import Time

/// `GET /2/tweets` and `GET /2/tweets/{id}`.
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

    /// Answers a request for up to a hundred posts.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        answer(request, isSingle: false)
    }

    /// Answers a request for one post by its own address.
    func answerOne(_ request: HTTPRequest) -> HTTPResponse {
        answer(request, isSingle: true)
    }

    // MARK: - Internal

    private func answer(_ request: HTTPRequest, isSingle: Bool) -> HTTPResponse {
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
        let view = PostView(request, spelling: spelling)
        if let refusal = QueryRules.lookup(view, ids: !isSingle).refusal(of: request) { return refusal }
        let ids: [UInt64]
        switch isSingle ? readID(request) : readIDs(request) {
        case .success(let read): ids = read
        case .failure(let refusal): return refusal.response
        }
        let json: [UInt8]
        var answer = LookupAnswer(world: world, view: view, time: clock.now, isSingle: isSingle)
        do {
            json = try write(
                &answer,
                ids,
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

    private func readIDs(_ request: HTTPRequest) -> Result<[UInt64], Refusal> {
        func refusal(_ detail: String, _ value: String?) -> Result<[UInt64], Refusal> {
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
        return .success(ids)
    }

    /// The id at the end of the path.
    private func readID(_ request: HTTPRequest) -> Result<[UInt64], Refusal> {
        let text = String(request.path.split(separator: "/").last ?? "")
        guard isID(text), let id = UInt64(text) else {
            let detail = "The `id` query parameter value [\(text)] is not valid"
            return .failure(Refusal(response: Problem.invalidRequest(detail, parameter: "id", value: text)))
        }
        return .success([id])
    }

    /// Writes an answer, and charges for it.
    private func write(
        _ answer: inout LookupAnswer,
        _ ids: [UInt64],
        number: Int,
        fault: LookupFault.Kind?
    ) throws -> [UInt8] {
        let unknown = ids.filter { world.memory.known($0) == nil }
        let past = try unknown.isEmpty ? [:] : settings.past?.records(of: unknown) ?? [:]
        for (index, id) in ids.enumerated() {
            if fault == .omit, index % 10 == 0 { continue }
            let place = Int(SeededGenerator.mixed(id &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15) % 1_000)
            if place < settings.omittedPerMille { continue }
            let isUnavailable = place < settings.omittedPerMille + settings.unavailablePerMille
            if fault == .forget {
                answer.addNotFound(id)
            } else if isUnavailable || fault == .partial && index % 10 == 0 {
                answer.addUnavailable(id)
            } else if let record = past[id], let post = PastPost(record: record) {
                answer.add(post)
            } else {
                answer.add(id, answersWithNewest: settings.answersWithNewestVersion)
            }
        }
        world.meter.charge(answer.returnedIDs + (settings.chargesForIncludes ? answer.includedIDs : []))
        return answer.json
    }
}
