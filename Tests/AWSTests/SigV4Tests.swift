import Foundation
import HTTPClient
import Hashing
import Testing
import Time

@testable import AWS

/// Signatures against vectors that botocore's code made.
@Suite struct SigV4Tests {
    private static let secret = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    private func credentials(_ token: String? = nil) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: Self.secret,
            sessionToken: token.map { Secret($0) }
        )
    }

    private func time() throws -> Timestamp { try #require(Timestamp(rfc3339: "2015-08-30T12:36:00Z")) }

    private func sign(
        _ service: String,
        _ request: SigningRequest,
        token: String? = nil
    ) throws -> SigV4.Signature {
        SigV4(region: "us-east-1", service: service).sign(request, credentials(token), at: try time())
    }

    @Test func thePlainVectorIsSigned() throws {
        let request = SigningRequest(method: "GET", path: "/", headers: [("Host", "example.amazonaws.com")])
        let signed = try sign("service", request)
        #expect(
            SHA256(signed.canonicalRequest).hexadecimal
                == "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63"
        )
        #expect(signed.signature == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    @Test func theKeyOfAServiceIsDerived() {
        let key = SigV4(region: "us-east-1", service: "firehose").key(credentials(), "20150830")
        let text = key.map { String(UInt16($0) | 256, radix: 16).dropFirst() }.joined()
        #expect(text == "ac5f86e687900d77c2dac5aa69e4c9a98d1a1168fa3d9758dd85a3476bcd096b")
    }

    @Test func aTokenIsSentAndSigned() throws {
        let request = SigningRequest(
            method: "POST",
            path: "/",
            headers: [
                ("Host", "firehose.us-east-1.amazonaws.com"), ("Content-Type", "application/x-amz-json-1.1"),
                ("X-Amz-Target", "Firehose_20150804.PutRecordBatch"),
            ],
            body: Array(#"{"DeliveryStreamName":"posts","Records":[{"Data":"e30K"}]}"#.utf8)
        )
        #expect(request.payloadHash == "a41d1f3faa5e6fe1bcdd77bf41136066ad416797d51525789534e087d37325a0")
        let signed = try sign("firehose", request, token: "TOKEN")
        #expect(
            SHA256(signed.canonicalRequest).hexadecimal
                == "8773ca5e49637d755cce75fb11a31ace1e96005b942ecfef223616a48b240c4b"
        )
        #expect(signed.signature == "d960b82d6a65e8d09597bcc7586c545a2bab8e9a5fbbbe73dd2f2a2b26af032c")
        #expect(signed.headers.contains { $0.name == "x-amz-security-token" && $0.value == "TOKEN" })
    }

    @Test func aPathIsEncodedTwiceAndAQueryOnce() throws {
        let host = ("Host", "search-d-abc.us-east-1.es.amazonaws.com")
        let bulk = SigningRequest(
            method: "POST",
            path: "/_bulk",
            query: "filter_path=errors%2Citems.%2A.status&refresh=false",
            headers: [host, ("Content-Type", "application/x-ndjson")],
            body: Array("{\"index\":{\"_index\":\"posts\",\"_id\":\"1\"}}\n{\"a\":1}\n".utf8)
        )
        #expect(
            try sign("es", bulk).signature == "7c37459490f053d2575969fceced44ee8f4fdd6df558bc55c9db48e7ca50b536"
        )
        let count = SigningRequest(method: "GET", path: "/%3Cposts-%7Bnow%2Fd%7D%3E/_count", headers: [host])
        let signed = try sign("es", count)
        #expect(signed.canonicalRequest.contains("\n/%253Cposts-%257Bnow%252Fd%257D%253E/_count\n"))
        #expect(signed.signature == "a1bb26e11cc71c92b8eb95647737758087c4a4768dc357da28a35890871161fe")
    }

    @Test func aKeyOfS3StaysAsItIsAndTheBodysHashIsSigned() throws {
        let put = SigningRequest(
            method: "PUT",
            path: "/seg//a%20b%2Bc.zst",
            headers: [("Host", "b.s3.us-east-1.amazonaws.com")],
            body: Array("hello".utf8)
        )
        let signed = try sign("s3", put)
        #expect(signed.canonicalRequest.hasPrefix("PUT\n/seg//a%20b%2Bc.zst\n"))
        #expect(signed.headers.contains { $0.name == "x-amz-content-sha256" })
        #expect(signed.signature == "ce5af352dd20343cd0c64fd28e30eb3a3399434fdbe74b9de5b69163cb5a6421")
    }

    @Test func noSecretIsInWhatIsPrinted() throws {
        let request = SigningRequest(method: "GET", path: "/", headers: [("Host", "example.amazonaws.com")])
        let text = "\(credentials("TOKENTOKEN")) \(try sign("service", request).authorization)"
        #expect(!text.contains("wJalr") && !text.contains("TOKENTOKEN"))
    }
}
