import Failures
import Foundation
import HTTPClient
import Synchronization
import TestSupport
import Testing
import Time

@testable import AWS
@testable import Sinks

/// Requests to engines that AWS runs are signed as its services check them.
@Suite struct SignedSearchTests {
    private static let secret = "canary-secret-2c44"

    private func connection(_ service: SearchConnection.AWSService) throws -> SearchConnection {
        let settings = try AWSSettings(environment: [
            "HOME": "/nowhere", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": Self.secret, "AWS_SESSION_TOKEN": "canary-token-2c44",
        ])
        let aws = try AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "test"))
        return SearchConnection(credentials: .aws(aws, service: service))
    }

    /// The signature that a request should have, from what arrived of it.
    private func expected(_ connection: ScriptedServer.Connection, _ service: String) throws -> (String, String) {
        let head = connection.request.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n")
        let words = head[0].components(separatedBy: " ")
        let target = words[1].components(separatedBy: "?")
        var fields: [(name: String, value: String)] = []
        for line in head.dropFirst() {
            let name = line.prefix { $0 != ":" }
            fields.append((name.lowercased(), String(line.dropFirst(name.count + 2))))
        }
        let authorization = try #require(fields.first { $0.name == "authorization" }?.value)
        let signed = try #require(authorization.firstMatch(of: /SignedHeaders=([^,]+)/)).output.1.split(separator: ";")
        let own: Set = ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"]
        let request = SigningRequest(
            method: words[0],
            path: target[0],
            query: target.count > 1 ? target[1] : "",
            headers: fields.filter { field in signed.contains { $0 == field.name } && !own.contains(field.name) },
            body: connection.body
        )
        let stamp = try #require(fields.first { $0.name == "x-amz-date" }?.value)
        let digits = Array(stamp)
        let text =
            "\(String(digits[0..<4]))-\(String(digits[4..<6]))-\(String(digits[6..<8]))T\(String(digits[9..<11])):"
            + "\(String(digits[11..<13])):\(String(digits[13..<15]))Z"
        let credentials = AWSCredentials(
            accessKeyID: "AKID",
            secretAccessKey: Secret(Self.secret),
            sessionToken: Secret("canary-token-2c44")
        )
        let time = try #require(Timestamp(rfc3339: text))
        let signature = SigV4(region: "eu-west-1", service: service).sign(request, credentials, at: time)
        return (authorization, signature.authorization.reveal())
    }

    @Test(arguments: SearchConnection.AWSService.allCases)
    func everyRequestIsSignedForItsService(service: SearchConnection.AWSService) throws {
        let seen = Mutex<[(String, String)]>([])
        let heads = Mutex<[String]>([])
        let server = ScriptedServer { connection in
            let pair = try? expected(connection, service.rawValue)
            seen.withLock { $0.append(pair ?? ("nothing", "")) }
            heads.withLock { $0.append(connection.request) }
            connection.answer(status: "200 OK", body: "{}")
        }
        defer { server.stop() }
        let address = try SearchAddress(.opensearch, "\(server.url)/posts")
        let client = try SearchClient(address, connection(service))
        let paths = [
            "/", "/posts/_bulk?require_alias=true&filter_path=errors,items.*.status", "/posts*/_settings?a=b%2Cc",
        ]
        for path in paths {
            #expect(try client.send("GET", path).status == 200)
            #expect(try client.send("POST", path, body: Array("{\"a\":1}\n".utf8)).status == 200)
        }
        for (found, wanted) in seen.withLock({ $0 }) { #expect(found == wanted) }
        let texts = heads.withLock { $0 }
        #expect(texts.count == 6)
        #expect(texts.allSatisfy { $0.contains("/eu-west-1/\(service.rawValue)/aws4_request") })
        #expect(texts.contains { $0.contains("?require_alias=true&filter_path=errors%2Citems.%2A.status ") })
        #expect(texts.contains { $0.hasPrefix("GET /posts%2A/_settings?a=b%2Cc ") })
        let hasHash = texts.allSatisfy { $0.contains("x-amz-content-sha256: ") && $0.contains("x-amz-content-sha256;") }
        #expect(hasHash == (service == .aoss))
    }

    @Test func aRefusalIsToldWithItsWordsAndNoSecret() throws {
        let server = ScriptedServer { connection in
            connection.answer(status: "403 No", body: "{\"message\":\"not for \(Self.secret)\"}")
        }
        defer { server.stop() }
        let client = try SearchClient(SearchAddress(.opensearch, "\(server.url)/posts"), connection(.es))
        let reply = try client.send("GET", "/")
        #expect(reply.status == 403 && reply.errorText.contains("not for") && !reply.errorText.contains("canary"))
        #expect(client.signingAdvice?.contains("the service is 'es', and the access policy of the domain") == true)
        let sink = SearchSink(client.address, try connection(.es), identity: "t")
        let found = try FirehoseFixture.call(sink, FirehoseFixture.batch(sizes: [50]))
        guard case .failed(.permission, let reason, _) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(
            reason.contains("access policy") && reason.contains("not for") && !reason.contains("canary"),
            "\(reason)"
        )
    }

    @Test func withoutCredentialsTheReasonIsTold() throws {
        let settings = try AWSSettings(environment: [
            "HOME": "/nowhere", "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
        ])
        let aws = try AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "test"))
        let client = try SearchClient(
            SearchAddress(.opensearch, "http://127.0.0.1:9/posts"),
            SearchConnection(credentials: .aws(aws, service: .es))
        )
        let error = #expect(throws: HTTPClientError.self) { try client.send("GET", "/") }
        #expect(error?.failureCause == .credentials && error?.message.contains("no AWS credentials") == true)
    }
}
