internal import HTTPClient
internal import Lambda
internal import Lifecycle
internal import Options
internal import Time

/// Does what `RuntimeLoop` says, over one connection to the Runtime API.
final class LambdaRuntime {
    private let client: HTTPClient
    private let origin: String
    private let waker = StreamWaker()
    private var loop = RuntimeLoop()
    private let transform = EventTransform()
    /// The event in hand, with its padding.
    private var event: [UInt8] = []

    /// How long an answer may take to be taken: it goes to a process on the same machine.
    private static let postTimeout = Duration.seconds(30)

    /// Makes a runtime; nothing is connected yet.
    ///
    /// - Parameter address: host and port of the Runtime API.
    init(address: String) throws {
        client = try HTTPClient(configuration: HTTPClientConfiguration(userAgent: "reprise/\(Program.version)"))
        origin = "http://\(address)"
    }

    /// Answers invocations until the process is to stop.
    ///
    /// - Parameters:
    ///   - reason: why it cannot start; Lambda is told then, and nothing else happens.
    ///   - metrics: prints a line for each invocation.
    func run(orFail reason: String?, metrics: EmbeddedMetrics?, _ shutdown: ShutdownSignal) throws -> ExitStatus {
        let waker = waker
        let handler = shutdown.onRequest { waker.wake() }
        defer { withExtendedLifetime(handler) {} }
        var action = reason.map { loop.failedToStart($0) } ?? loop.started()
        while !shutdown.isRequested {
            for note in loop.takeNotes() { StandardError.tell(note) }
            switch action {
            case .get(let path): action = next(path, shutdown)
            case .transform(let request): action = answer(request, metrics)
            case .post(let path, let errorType, let body): action = post(path, errorType, body)
            case .exit(let why):
                StandardError.tell(why)
                return reason == nil ? .failed : .configuration
            }
        }
        return .done
    }

    /// Waits for an invocation, for as long as it takes.
    private func next(_ path: String, _ shutdown: ShutdownSignal) -> RuntimeLoop.Action {
        event.removeAll(keepingCapacity: event.capacity <= 1 << 20)
        var head = HTTPHead(status: 0)
        do {
            _ = try client.stream(
                HTTPClientRequest(url: origin + path),
                onHead: { head = $0 },
                onBytes: { [self] bytes in
                    guard event.count + bytes.count <= LambdaCommand.eventByteLimit else { throw EventTooLarge() }
                    event.append(contentsOf: bytes)
                },
                onTick: { shutdown.isRequested ? .stop : .goOn },
                waker: waker
            )
        } catch {
            return loop.unreachable(error.message)
        }
        event.append(contentsOf: repeatElement(0, count: EventTransform.padding))
        return loop.received(status: head.status, requestID: head.header("lambda-runtime-aws-request-id"))
    }

    private func answer(_ request: String, _ metrics: EmbeddedMetrics?) -> RuntimeLoop.Action {
        let watch = Stopwatch()
        let eventBytes = event.count - EventTransform.padding
        do throws(LambdaError) {
            let response = try transform.respond(toPadded: event)
            let time = watch.elapsed
            // Before the response: once Lambda has it, it may freeze the process.
            if response.totals.failures.count > 0 { StandardError.write(TransformReport.failures(response.totals)) }
            print(
                metrics?.line(
                    response.totals,
                    request: request,
                    eventBytes: eventBytes,
                    responseBytes: response.body.count,
                    time: time,
                    now: WallClock.system.now
                )
            )
            return loop.transformed(response.body)
        } catch {
            StandardError.tell(error)
            print(metrics?.line(invalid: error, request: request, eventBytes: eventBytes, now: WallClock.system.now))
            return loop.refused(error)
        }
    }

    private func post(_ path: String, _ errorType: String?, _ body: [UInt8]) -> RuntimeLoop.Action {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let errorType { headers.append((name: "Lambda-Runtime-Function-Error-Type", value: errorType)) }
        do {
            let request = HTTPClientRequest(method: "POST", url: origin + path, headers: headers, body: body)
            return loop.posted(status: try client.send(request, timeout: Self.postTimeout).status)
        } catch {
            return loop.unreachable(error.message)
        }
    }

    /// A line that nobody takes is no reason to leave records without an answer.
    private func print(_ line: String?) {
        guard let line else { return }
        do { try StandardOutput.write(line) } catch { StandardError.tell(error) }
    }

    private struct EventTooLarge: Error, CustomStringConvertible {
        var description: String { "an event is larger than \(LambdaCommand.eventByteLimit) bytes" }
    }
}
