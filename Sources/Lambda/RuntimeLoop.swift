internal import JSON

/// The conversation with AWS Lambda's Runtime API as a state machine: what to ask next, and what an answer means.
///
/// No I/O: its owner does what an action says, and reports how that went. A request for the next invocation has no time limit,
/// because Lambda freezes the process until there is one.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
public struct RuntimeLoop: Sendable {
    /// What to do now.
    public enum Action: Sendable, Equatable {
        /// `GET` this path, and report the answer with `received`.
        case get(path: String)
        /// Make the response to the event that was received, and report it with `transformed` or `refused`.
        case transform(request: String)
        /// `POST` this, and report the status with `posted`.
        case post(path: String, errorType: String?, body: [UInt8])
        /// The conversation is over, and so is the process; why.
        case exit(reason: String)
    }

    private enum State {
        case waiting
        case transforming(request: String)
        case responding(request: String)
        case reporting
        case reportingStart(reason: String)
        case over
    }

    private var state = State.waiting
    /// Answers in a row that Lambda did not take.
    private var refusals = 0
    private var notes: [String] = []

    /// So many answers in a row may be refused: an invocation that timed out has no use for one.
    static let refusalLimit = 3
    private static let prefix = "/2018-06-01/runtime"

    /// Makes a conversation that has not begun.
    public init() {}

    /// The process is ready.
    public mutating func started() -> Action {
        state = .waiting
        return .get(path: RuntimeLoop.prefix + "/invocation/next")
    }

    /// The process cannot become ready; Lambda is told, and the conversation ends.
    public mutating func failedToStart(_ reason: String) -> Action {
        state = .reportingStart(reason: reason)
        return .post(
            path: RuntimeLoop.prefix + "/init/error",
            errorType: "Runtime.ConfigInvalid",
            body: RuntimeLoop.error("ConfigInvalid", reason)
        )
    }

    /// The answer to a request for the next invocation.
    ///
    /// - Parameter requestID: the header `Lambda-Runtime-Aws-Request-Id`.
    public mutating func received(status: Int, requestID: String?) -> Action {
        guard case .waiting = state else { return unexpected() }
        guard status == 200 else { return end("Lambda answers the request for an invocation with status \(status)") }
        guard let request = requestID, !request.isEmpty, request.utf8.allSatisfy(RuntimeLoop.isPlain) else {
            return end("Lambda gives an invocation without a usable Lambda-Runtime-Aws-Request-Id")
        }
        state = .transforming(request: request)
        return .transform(request: request)
    }

    /// The response to the event that was received last.
    public mutating func transformed(_ body: [UInt8]) -> Action {
        guard case .transforming(let request) = state else { return unexpected() }
        state = .responding(request: request)
        return .post(path: "\(RuntimeLoop.prefix)/invocation/\(request)/response", errorType: nil, body: body)
    }

    /// The event that was received last gets no response.
    public mutating func refused(_ error: LambdaError) -> Action {
        guard case .transforming(let request) = state else { return unexpected() }
        return report(error.code, error.message, request)
    }

    /// The status that the last `post` was answered with.
    public mutating func posted(status: Int) -> Action {
        switch state {
        case .reportingStart(let reason): return end(reason)
        case .responding, .reporting: break
        case .waiting, .transforming, .over: return unexpected()
        }
        if (200..<300).contains(status) {
            refusals = 0
            return started()
        }
        guard (400..<500).contains(status) else { return end("Lambda does not take an answer: status \(status)") }
        if status == 413, case .responding(let request) = state {
            return report(.responseTooLarge, "Lambda does not take a response of this size", request)
        }
        refusals += 1
        guard refusals < RuntimeLoop.refusalLimit else {
            return end("Lambda did not take \(refusals) answers in a row, the last with status \(status)")
        }
        notes.append("Lambda does not take this answer (status \(status)); the invocation may have timed out")
        return started()
    }

    /// A request did not get through.
    public mutating func unreachable(_ reason: String) -> Action {
        if case .reportingStart(let first) = state { return end("\(first) (Lambda cannot be told: \(reason))") }
        return end("Lambda's Runtime API cannot be reached: \(reason)")
    }

    /// What is to be logged since this was asked last.
    public mutating func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    // MARK: - Internal

    private mutating func report(_ code: LambdaError.Code, _ message: String, _ request: String) -> Action {
        state = .reporting
        return .post(
            path: "\(RuntimeLoop.prefix)/invocation/\(request)/error",
            errorType: "Function.\(code.name)",
            body: RuntimeLoop.error(code.name, message)
        )
    }

    private mutating func end(_ reason: String) -> Action {
        state = .over
        return .exit(reason: reason)
    }

    private mutating func unexpected() -> Action { end("the conversation with Lambda is out of step") }

    private static func error(_ type: String, _ message: String) -> [UInt8] {
        let error: JSONTree = ["errorMessage": .string(message), "errorType": .string(type), "stackTrace": []]
        return error.bytes
    }

    /// Letters, digits and `-`, which need no encoding in a path.
    private static func isPlain(_ letter: UInt8) -> Bool {
        (48...57).contains(letter) || (65...90).contains(letter) || (97...122).contains(letter) || letter == 45
    }
}
