import Foundation
import TestSupport
import Testing

/// The command as Lambda starts it, against a Runtime API on this machine.
@Suite(.timeLimit(.minutes(20)))
struct LambdaRuntimeTests {
    private static let events = Surroundings.checkout + "/data/events"

    private func event(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.events)/\(name).json")))
    }

    private func start(
        _ api: String,
        in folder: TemporaryFolder,
        _ environment: [String: String] = [:]
    ) throws -> RunningProgram {
        let own = ["AWS_LAMBDA_RUNTIME_API": api, "AWS_LAMBDA_FUNCTION_NAME": "posts"]
        return try RunningProgram(
            Surroundings.reprise(),
            ["lambda"],
            in: folder,
            environment: own.merging(environment) { $1 }
        )
    }

    /// Waits for so many answers, then stops the program as Lambda does.
    private func finish(_ program: RunningProgram, _ api: RuntimeDouble, answers: Int) throws -> RunningProgram.Result {
        _ = try until("\(answers) answers; \(program.errors)", seconds: 120) {
            api.answers.count >= answers ? true : nil
        }
        // It waits for the next invocation.
        sleepMilliseconds(100)
        program.send(SIGTERM)
        return try program.wait(seconds: 5)
    }

    private func lines(_ result: RunningProgram.Result) throws -> [[String: Any]] {
        try result.text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func everyEventIsAnsweredInOrderWithALineOfMetrics() throws {
        let names = ["original", "malformed", "500-records", "keep-alive", "original"]
        let api = RuntimeDouble(
            try names.enumerated().map { .init(id: "id-\($0)", event: try event($1)) }
        )
        let folder = try TemporaryFolder()
        let result = try finish(start(api.address, in: folder), api, answers: names.count)
        #expect(result.status == 0, "\(result.errors)")
        for (place, (name, answer)) in zip(names, api.answers).enumerated() {
            #expect(answer.path == "invocation/id-\(place)/response" && answer.errorType == nil)
            let saved = try String(contentsOfFile: "\(Self.events)/\(name).response.json", encoding: .utf8)
            #expect(answer.body == saved.replacing("\n", with: ""), "\(name)")
        }
        let metrics = try lines(result)
        #expect(metrics.map { $0["RequestId"] as? String } == names.indices.map { "id-\($0)" })
        #expect(metrics.map { $0["Records"] as? Int } == [3, 6, 500, 4, 3])
        #expect(metrics.allSatisfy { $0["FunctionName"] as? String == "posts" })
        // What failed is named, without a word of it.
        #expect(result.errors.contains("line 1: malformed") && !result.errors.contains("Sign in"))
    }

    @Test func whatIsNoEventIsReportedAndTheNextOneIsAnswered() throws {
        let api = RuntimeDouble([
            .init(id: "a", event: Array("nothing".utf8)), .init(id: "b", event: []),
            .init(id: "c", event: try event("original")),
        ])
        let folder = try TemporaryFolder()
        let result = try finish(start(api.address, in: folder), api, answers: 3)
        #expect(result.status == 0)
        #expect(
            api.answers.map(\.path) == ["invocation/a/error", "invocation/b/error", "invocation/c/response"]
        )
        #expect(api.answers[0].errorType == "Function.InvalidEvent")
        #expect(api.answers[0].body.contains(#""errorType":"InvalidEvent","stackTrace":[]"#))
        #expect(try lines(result).map { $0["InvalidEvents"] as? Int } == [1, 1, 0])
    }

    @Test func anEventOfSixMegabytesIsAnsweredUnderTheLimit() throws {
        let post =
            #"{"data":{"id":"1","text":"\#(String(repeating: "cat ", count: 200))"},"matching_rules":[{"tag":"cats"}]}"#
        let data = Data(post.utf8).base64EncodedString()
        let records = (0..<4_900).map {
            #"{"recordId":"r\#($0)","approximateArrivalTimestamp":1780000000123,"data":"\#(data)"}"#
        }
        let event = Array(#"{"records":[\#(records.joined(separator: ","))]}"#.utf8)
        #expect((5_900_000...6_291_556).contains(event.count))
        let api = RuntimeDouble((0..<2).map { .init(id: "big-\($0)", event: event) })
        let folder = try TemporaryFolder()
        let result = try finish(start(api.address, in: folder), api, answers: 2)
        #expect(result.status == 0)
        for answer in api.answers {
            #expect(answer.errorType == nil && answer.body.utf8.count <= 6_000_000, "\(answer.body.prefix(200))")
            let tail = String(decoding: answer.body.utf8.suffix(4_000), as: UTF8.self)
            #expect(tail.contains(#"{"recordId":"r4899","result":"#))
        }
    }

    @Test(arguments: ["500 Internal Server Error", "403 Forbidden"])
    func aRuntimeThatGivesNoInvocationEndsTheProcess(status: String) throws {
        let api = RuntimeDouble([
            .init(id: "a", event: try event("original")), .init(id: nil, event: [], status: status),
        ])
        let folder = try TemporaryFolder()
        let result = try start(api.address, in: folder).wait(seconds: 10)
        #expect(result.status == 1 && result.errors.contains("status \(status.prefix(3))"), "\(result.errors)")
        #expect(api.answers.count == 1)
    }

    @Test func aContainerErrorEndsTheProcessAndARefusedAnswerDoesNot() throws {
        let original = try event("original")
        let api = RuntimeDouble((0..<4).map { .init(id: "\($0)", event: original) }) { number in
            ["400 Bad Request", "413 Too Large", "202 Accepted", "500 Oops"][min(number - 1, 3)]
        }
        let folder = try TemporaryFolder()
        let result = try start(api.address, in: folder).wait(seconds: 10)
        #expect(result.status == 1 && result.errors.contains("status 500"), "\(result.errors)")
        #expect(
            api.answers.map(\.path) == [
                "invocation/0/response", "invocation/1/response", "invocation/1/error", "invocation/2/response",
            ]
        )
        #expect(api.answers[2].errorType == "Function.ResponseSizeTooLarge")
        #expect(result.errors.contains("status 400"))
    }

    @Test func aWrongSettingIsAnInitErrorAndEndsTheProcess() throws {
        let api = RuntimeDouble([.init(id: "a", event: try event("original"))])
        let folder = try TemporaryFolder()
        let result = try start(api.address, in: folder, ["REPRISE_METRICS_NAMESPACE": "not a name"]).wait(seconds: 10)
        #expect(result.status == 78 && result.errors.contains("REPRISE_METRICS_NAMESPACE"), "\(result.errors)")
        #expect(api.answers.map(\.path) == ["init/error"])
        #expect(api.answers.first?.errorType == "Runtime.ConfigInvalid")
        #expect(api.answers.first?.body.contains("REPRISE_METRICS_NAMESPACE") == true)
    }

    /// The words that the program sees are then the loader's.
    @Test func itIsStartedByALoaderToo() throws {
        let loader = "/lib64/ld-linux-x86-64.so.2"
        guard FileManager.default.isExecutableFile(atPath: loader) else { return }
        let api = RuntimeDouble([.init(id: "a", event: try event("original"))])
        let folder = try TemporaryFolder()
        let program = try RunningProgram(
            loader,
            ["--inhibit-cache", Surroundings.reprise()],
            in: folder,
            environment: ["AWS_LAMBDA_RUNTIME_API": api.address, "REPRISE_BOOTSTRAP_COMMAND": "lambda"]
        )
        let result = try finish(program, api, answers: 1)
        #expect(result.status == 0 && api.answers.first?.path == "invocation/a/response", "\(result.errors)")
    }

    @Test func withoutLambdaItSaysSo() throws {
        let folder = try TemporaryFolder()
        let program = try RunningProgram(Surroundings.reprise(), ["lambda"], in: folder)
        let result = try program.wait(seconds: 10)
        #expect(result.status == 78 && result.errors.contains("reprise transform --event"), "\(result.errors)")
        let gone = try start("127.0.0.1:9", in: folder).wait(seconds: 20)
        #expect(gone.status == 1 && gone.errors.contains("cannot be reached"), "\(gone.errors)")
    }
}
