import Failures
import Foundation
import TestSupport
import Testing

@testable import AWS

/// Signed calls to a double: what mends itself, what is said of the rest.
@Suite struct AWSClientTests {
    private static let canary = "canary-secret-4f1c77aa"

    private func place(_ double: AWSDouble, _ more: [String: String] = [:]) throws -> CredentialPlace {
        try CredentialPlace(
            [
                "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": double.server.url, "AWS_ACCESS_KEY_ID": "AKID",
                "AWS_SECRET_ACCESS_KEY": Self.canary, "AWS_SESSION_TOKEN": "\(Self.canary)-token",
            ].merging(more) { $1 }
        )
    }

    @Test func credentialsThatExpiredAreAskedForOnceMore() throws {
        let double = AWSDouble { request, number in
            if request.contains("Action=AssumeRole") {
                return AWSDouble.ok(tokenAnswer("R\(number)", "secret-\(number)", "t"))
            }
            return request.contains("Credential=R1/")
                ? ("400 Bad", "", #"{"__type":"com.amazon#ExpiredTokenException:x","message":"old"}"#)
                : AWSDouble.ok("{}")
        }
        let place = try CredentialPlace(
            config:
                "[default]\nrole_arn = r\nsource_profile = base\n[profile base]\naws_access_key_id = B\naws_secret_access_key = b\n",
            ["AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": double.server.url]
        )
        let client = try AWSClient("firehose", try place.connection())
        #expect(try client.send("POST", body: [1]).status == 200)
        #expect(double.requests.count == 4)
    }

    @Test func whatStaysExpiredIsAskedForTwiceAndNoMore() throws {
        let double = AWSDouble { _, _ in
            ("403 No", "", "<Error><Code>ExpiredToken</Code><Message>old</Message></Error>")
        }
        let client = try AWSClient("s3", try place(double).connection())
        #expect(try client.send("GET").problem == AWSProblem(code: "ExpiredToken", message: "old"))
        #expect(double.requests.count == 2)
    }

    @Test func aWrongClockIsLearntFromTheServicesDate() throws {
        // Ours is 2026-09-21T14:13:20Z, the double's 47 minutes later.
        let double = AWSDouble { request, _ in
            request.lowercased().contains("x-amz-date: 20260921t15")
                ? AWSDouble.ok("{}")
                : (
                    "400 Bad", "Date: Mon, 21 Sep 2026 15:00:00 GMT\r\n",
                    #"{"__type":"InvalidSignatureException","message":"Signature expired"}"#
                )
        }
        let place = try place(double)
        let connection = try place.connection()
        let client = try AWSClient("firehose", connection)
        #expect(try client.send("POST", body: [1]).status == 200 && double.requests.count == 2)
        #expect(try client.send("POST", body: [1]).status == 200 && double.requests.count == 3)
    }

    @Test func aSignatureThatIsWrongByARightClockIsNotTriedAgain() throws {
        let double = AWSDouble { _, _ in
            ("403 No", "Date: Mon, 21 Sep 2026 14:13:20 GMT\r\n", #"{"__type":"InvalidSignatureException"}"#)
        }
        let client = try AWSClient("firehose", try place(double).connection())
        #expect(try client.send("POST", body: [1]).status == 403 && double.requests.count == 1)
    }

    @Test func noSecretIsInWhatIsSaidOfARefusal() throws {
        let double = AWSDouble { request, _ in
            (
                "403 No", "",
                #"{"__type":"AccessDeniedException","message":"you sent \#(Self.canary) and \#(Self.canary)-token"}"#
            )
        }
        let reply = try AWSClient("firehose", try place(double).connection()).send("POST", body: [1])
        #expect(reply.text.contains("AccessDeniedException") && reply.text.contains("<secret>"))
        #expect(!"\(reply)".contains("canary"))
        let gone = AWSDouble { _, _ in AWSDouble.ok("") }
        gone.server.stop()
        let dead = try place(gone, ["AWS_ENDPOINT_URL": "http://127.0.0.1:1"]).connection()
        let error = #expect(throws: AWSError.self) { try AWSClient("firehose", dead).send("POST", body: [1]) }
        #expect(
            error?.failureCause == .network && error?.mayHaveArrived == false && !"\(error as Any)".contains("canary")
        )
    }

    @Test(arguments: [
        (#"{"__type":"ns#SomeException:http://x","Message":"m"}"#, "SomeException: m"),
        (#" {"code":"Other"}"#, "Other"),
        (
            "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>a &amp;lt; b</Message></Error>",
            "NoSuchBucket: a &lt; b"
        ),
    ])
    func errorsOfBothShapesAreRead(body: String, text: String) {
        #expect(AWSProblem(Array(body.utf8))?.text == text)
    }

    @Test(arguments: ["", "[]", "<html>no</html>", "not json", #"{"message":"m"}"#])
    func whatNamesNoErrorIsNone(body: String) {
        #expect(AWSProblem(Array(body.utf8)) == nil)
    }
}
