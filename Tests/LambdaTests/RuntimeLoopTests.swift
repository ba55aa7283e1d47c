import Foundation
import Testing

@testable import Lambda

/// The conversation with Lambda, without a network.
@Suite struct RuntimeLoopTests {
    private let next = RuntimeLoop.Action.get(path: "/2018-06-01/runtime/invocation/next")

    private func errorType(_ action: RuntimeLoop.Action) -> String? {
        guard case .post(let path, let type, let body) = action, path.hasSuffix("/error"),
            let error = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            error["errorMessage"] is String, error["stackTrace"] is [Any], let name = error["errorType"] as? String,
            type?.hasSuffix(".\(name)") == true
        else { return nil }
        return "\(path) \(type ?? "")"
    }

    /// Why it ends; nil where it goes on.
    private func end(_ action: RuntimeLoop.Action) -> String? {
        guard case .exit(let reason) = action else { return nil }
        return reason
    }

    @Test func invocationsAreAnsweredOneAfterAnother() {
        var loop = RuntimeLoop()
        #expect(loop.started() == next)
        for id in ["a-1", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"] {
            #expect(loop.received(status: 200, requestID: id) == .transform(request: id))
            let path = "/2018-06-01/runtime/invocation/\(id)/response"
            #expect(loop.transformed([1, 2]) == .post(path: path, errorType: nil, body: [1, 2]))
            #expect(loop.posted(status: 202) == next)
        }
        #expect(loop.takeNotes().isEmpty)
    }

    @Test func anEventThatIsNoneIsReportedAndTheNextOneAwaited() {
        var loop = RuntimeLoop()
        _ = loop.started()
        _ = loop.received(status: 200, requestID: "a")
        let action = loop.refused(LambdaError(code: .invalidEvent, message: "no \"event\""))
        #expect(errorType(action) == "/2018-06-01/runtime/invocation/a/error Function.InvalidEvent")
        #expect(loop.posted(status: 202) == next)
    }

    @Test func aResponseThatIsTooLargeForLambdaIsReported() {
        var loop = RuntimeLoop()
        _ = loop.started()
        _ = loop.received(status: 200, requestID: "a")
        _ = loop.transformed([])
        let type = "/2018-06-01/runtime/invocation/a/error Function.ResponseSizeTooLarge"
        #expect(errorType(loop.posted(status: 413)) == type)
        // A report that is refused is not reported.
        #expect(loop.posted(status: 413) == next)
        #expect(loop.takeNotes().count == 1 && loop.takeNotes().isEmpty)
    }

    @Test(arguments: [400, 403, 404]) func anAnswerThatIsRefusedEndsTheConversationOnlyInARow(status: Int) {
        var loop = RuntimeLoop()
        var action = loop.started()
        func answer(_ status: Int) -> RuntimeLoop.Action {
            #expect(loop.received(status: 200, requestID: "a") == .transform(request: "a"))
            _ = loop.transformed([])
            return loop.posted(status: status)
        }
        for status in [status, status, 202, status, status] {
            action = answer(status)
            #expect(action == next)
        }
        #expect(loop.takeNotes().count == 4)
        let reason = end(answer(status)) ?? ""
        #expect(reason.contains("3 answers") && reason.contains("\(status)"))
    }

    @Test(arguments: [0, 204, 301, 400, 403, 500, 503]) func withoutAnInvocationThereIsNothingMoreToDo(status: Int) {
        var loop = RuntimeLoop()
        _ = loop.started()
        #expect(end(loop.received(status: status, requestID: "a"))?.contains("status \(status)") == true)
    }

    @Test(arguments: [nil, "", "a/../b", "a b", "é"]) func anInvocationNeedsAnIDForAPath(id: String?) {
        var loop = RuntimeLoop()
        _ = loop.started()
        #expect(end(loop.received(status: 200, requestID: id)) != nil)
        #expect(loop.posted(status: 202) != next)
    }

    @Test func aContainerErrorEndsTheProcess() {
        var loop = RuntimeLoop()
        _ = loop.started()
        _ = loop.received(status: 200, requestID: "a")
        _ = loop.transformed([])
        #expect(end(loop.posted(status: 500)) != nil)
        #expect(loop.received(status: 200, requestID: "b") != .transform(request: "b"))
    }

    @Test func aFailedStartIsReportedAndEndsTheProcessWithItsOwnReason() {
        for step in 0..<3 {
            var loop = RuntimeLoop()
            let action = loop.failedToStart("--metrics-namespace is wrong")
            #expect(errorType(action) == "/2018-06-01/runtime/init/error Runtime.ConfigInvalid")
            let last =
                step == 0 ? loop.posted(status: 202) : step == 1 ? loop.posted(status: 500) : loop.unreachable("x")
            #expect(end(last)?.hasPrefix("--metrics-namespace is wrong") == true)
        }
    }

    @Test func whatCannotBeReachedEndsTheProcess() {
        var loop = RuntimeLoop()
        _ = loop.started()
        #expect(loop.unreachable("refused") == .exit(reason: "Lambda's Runtime API cannot be reached: refused"))
    }
}
