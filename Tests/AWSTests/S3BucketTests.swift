import HTTPClient
import TestSupport
import Testing

@testable import AWS

/// How a bucket is addressed, and what its answers say.
@Suite struct S3BucketTests {
    private func bucket(_ name: String, _ environment: [String: String] = [:]) throws -> S3Bucket {
        let own = [
            "HOME": "/nowhere", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "secret-1",
        ]
        let settings = try AWSSettings(environment: own.merging(environment) { $1 })
        return try S3Bucket(name, AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "test")))
    }

    @Test func awsIsAskedByTheBucketsHostAndOthersByThePath() throws {
        #expect(try bucket("my-posts").host == "my-posts.s3.eu-west-1.amazonaws.com")
        #expect(try bucket("my-posts", ["AWS_REGION": "cn-north-1"]).host == "my-posts.s3.cn-north-1.amazonaws.com.cn")
        // The certificate of AWS's servers covers one name before their own.
        #expect(try bucket("my.posts").host == "s3.eu-west-1.amazonaws.com")
        #expect(try bucket("my-posts", ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:7070/"]).host == "127.0.0.1:7070")
    }

    @Test func keysAreEncodedAsS3SignsThem() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: "\($0.request.prefix { !$0.isNewline })") }
        defer { server.stop() }
        let bucket = try bucket("my-posts", ["AWS_ENDPOINT_URL": server.url])
        func line(_ key: String?, _ query: [(name: String, value: String)] = []) throws -> String {
            String(decoding: try bucket.send("GET", key, query: query).body, as: UTF8.self)
        }
        #expect(try line("a/hour=14/x y+é") == "GET /my-posts/a/hour%3D14/x%20y%2B%C3%A9 HTTP/1.1")
        #expect(
            try line(nil, [("uploads", ""), ("prefix", "a/b=c")]) == "GET /my-posts?uploads&prefix=a%2Fb%3Dc HTTP/1.1"
        )
    }

    @Test func onlyUploadsOfTheVeryKeyAreFound() {
        let body = Array(
            """
            <ListMultipartUploadsResult><Bucket>b</Bucket><Upload><Key>a/x</Key><UploadId>1</UploadId></Upload>
            <Upload><UploadId>2</UploadId><Key>a/x&amp;y</Key></Upload><Upload><Key>a/x</Key><UploadId>3</UploadId></Upload>
            <Upload><Key>a/x</Key>
            """.utf8
        )
        #expect(S3Answer.uploads(of: "a/x", in: body) == ["1", "3"])
        #expect(S3Answer.uploads(of: "a/x&y", in: body) == ["2"])
        #expect(S3Answer.uploads(of: "a", in: body) == [])
    }

    /// From botocore: the checksum of an object in parts is that of its parts' checksums.
    @Test func checksumsHaveTheFormThatS3Gives() {
        let hello = S3Checksum(Array("hello".utf8))
        #expect(hello.text == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
        #expect(S3Checksum.text(ofParts: [hello, hello]).hasSuffix("=-2"))
        #expect(S3Checksum.text(ofParts: [hello]) != S3Checksum.text(ofParts: [hello, hello]))
    }

    @Test func spellingIsStrictWhateverWasEncodedBefore() {
        #expect(AWSClient.strict("/a*/b%2Cc/%zz", keeping: "/") == "/a%2A/b%2Cc/%25zz")
        #expect(AWSClient.strict("a=b,c&d=%C3%A9&e", keeping: "=&") == "a=b%2Cc&d=%C3%A9&e")
        #expect(AWSClient.strict("é", keeping: "") == "%C3%A9")
    }
}
