import Failures
import Foundation
import Journal
import Synchronization
import TestSupport
import Testing
import Time

@testable import Replayer
@testable import Sinks

/// What S3 refuses, with the next step; what is there already; what others leave or take away.
@Suite(.timeLimit(.minutes(20)))
struct S3FaultTests {
    private func failure(_ double: S3Double, posts: Int = 3, partSize: Int = 5 << 20) throws -> SinkError {
        let folder = try TemporaryFolder()
        try S3Fixture.record(folder.path, posts: posts, every: .seconds(1))
        let delivery = try S3Fixture.delivery(
            double.server.url,
            partSize: partSize,
            patience: .givingUp(after: .seconds(5))
        )
        return try #require(
            #expect(throws: SinkError.self) { try S3Fixture.replay(folder.path, delivery) }
        )
    }

    @Test(arguments: [
        ("404 No", "NoSuchBucket", FailureCause.missingTarget, "create it"),
        (
            "403 No", "AccessDenied", .permission,
            "allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on arn:aws:s3:::posts/x/*"
        ),
        ("301 Moved", "PermanentRedirect", .badRequest, "AWS_REGION=eu-west-1"),
        ("400 Bad", "AuthorizationHeaderMalformed", .badRequest, "AWS_REGION=eu-west-1"),
        ("400 Bad", "IllegalLocationConstraintException", .badRequest, "not in us-east-1"),
        ("400 Bad", "KMS.DisabledException", .permission, "kms:GenerateDataKey"),
        ("403 No", "InvalidAccessKeyId", .credentials, "check the key"),
        ("400 Bad", "ExpiredToken", .credentials, "session token"),
        ("403 No", "SignatureDoesNotMatch", .credentials, "clock"),
        ("501 No", "NotImplemented", .badRequest, "lacks a part of S3"),
        ("400 Bad", "InvalidRequest", .badRequest, "check the endpoint"),
    ])
    func whatNeedsAnOperatorSaysWhatToDo(status: String, code: String, cause: FailureCause, advice: String) throws {
        let double = S3Double { _, connection in
            connection.answer(
                status: status,
                body:
                    "<Error><Code>\(code)</Code><Message>no \(S3Fixture.secret)</Message><Region>eu-west-1</Region></Error>"
            )
            return true
        }
        let error = try failure(double)
        #expect(error.cause == cause && error.message.contains(advice) && error.message.contains(code), "\(error)")
        #expect(!error.message.contains("canary"))
    }

    @Test(arguments: ["503 Slow Down", "429 Many", "500 Oops", "409 Conflict"])
    func whatMayPassIsTriedAgain(status: String) throws {
        let folder = try TemporaryFolder()
        try S3Fixture.record(folder.path, posts: 3, every: .seconds(1))
        let asked = Mutex(0)
        let double = S3Double { _, connection in
            let number = asked.withLock {
                $0 += 1
                return $0
            }
            guard number < 4 else { return false }
            connection.answer(status: status, body: "<Error><Code>SlowDown</Code></Error>")
            return true
        }
        #expect(try S3Fixture.replay(folder.path, S3Fixture.delivery(double.server.url)).accepted == 3)
        #expect(asked.withLock { $0 } == 4)
    }

    @Test(arguments: [5 << 20, 300]) func otherContentUnderTheSameNameIsAFault(partSize: Int) throws {
        let folder = try TemporaryFolder()
        try S3Fixture.record(folder.path, posts: 5, every: .seconds(1))
        let double = S3Double()
        func delivery(_ patience: DeliveryPatience = .endless) throws -> S3Delivery {
            try S3Fixture.delivery(double.server.url, partSize: partSize, patience: patience)
        }
        try S3Fixture.replay(folder.path, delivery())
        let key = try #require(double.state.objects.keys.first)
        // Of the same size, so that only its bytes tell.
        double.change { state in
            state.objects[key]?[10] ^= 1
            state.checksums = [:]
        }
        let error = #expect(throws: SinkError.self) {
            try S3Fixture.replay(folder.path, delivery(.givingUp(after: .seconds(5))))
        }
        #expect(
            error?.cause == .foreignTarget && error?.message.contains("delete the object") == true,
            "\(error as Any)"
        )
        #expect(error?.message.contains(key) == true && double.state.uploads.isEmpty)
    }

    @Test func whatAKilledProcessLeftIsEnded() throws {
        let folder = try TemporaryFolder()
        try S3Fixture.record(folder.path, posts: 20, every: .seconds(1))
        let first = S3Double()
        try S3Fixture.replay(
            folder.path,
            S3Fixture.delivery(first.server.url, partSize: 500)
        )
        let key = try #require(first.state.objects.keys.first)
        let double = S3Double()
        double.change { state in
            state.uploads = ["left": S3Double.Upload(key: key), "other": S3Double.Upload(key: "\(key).x")]
        }
        let told = Mutex<[String]>([])
        let delivery = try S3Fixture.delivery(
            double.server.url,
            partSize: 500,
            onNotice: { text in told.withLock { $0.append(text) } }
        )
        try S3Fixture.replay(folder.path, delivery)
        #expect(double.state.uploads.keys.sorted() == ["other"] && double.state.objects == first.state.objects)
        #expect(delivery.totals.leftOvers == 1)
        let notices = told.withLock { $0 }
        #expect(notices.count == 1 && notices[0].contains(key), "\(notices)")
    }

    @Test func anUploadThatSomebodyElseEndsIsMadeAgainByTheNextTry() throws {
        let thief = S3Double { line, connection in
            guard line.contains("partNumber=2") else { return false }
            connection.answer(status: "404 No", body: "<Error><Code>NoSuchUpload</Code></Error>")
            return true
        }
        let error = try failure(thief, posts: 20, partSize: 500)
        #expect(error.code == .unavailable && error.cause.kind == .retry && error.message.contains("made again"))
        #expect(thief.state.objects.isEmpty)
    }

    @Test(arguments: ["", "ab", "Posts", "a_b", "a..b", "-ab", "abc/", "abc//x", "abc/x//y", "abc/../x", "abc/./x"])
    func whatNoBucketOrPrefixIsIsRefused(target: String) throws {
        if target == "abc/" {
            // A slash at the end means nothing.
            #expect(try SinkAddress("s3:abc/").description == "s3:abc")
            return
        }
        let error = #expect(throws: SinkError.self) { try SinkAddress("s3:\(target)") }
        #expect(error?.code == .address && error?.message.contains("s3:") == true)
    }

    @Test func addressesAreReadAsOtherProgramsWriteThem() throws {
        #expect(try SinkAddress("s3://my-posts/a/b/") == SinkAddress("s3:my-posts/a/b"))
        #expect(try SinkAddress("s3:my.posts").description == "s3:my.posts")
        #expect(try SinkAddress("s3:my-posts/a").isRemote)
    }
}
