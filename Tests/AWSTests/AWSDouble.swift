import Foundation
import HTTPClient
import Synchronization
import TestSupport
import Time

@testable import AWS

/// A server in the place of AWS's, a container's agent or EC2's metadata; what it was asked is kept.
final class AWSDouble: Sendable {
    /// Status, header lines and body.
    typealias Answer = (status: String, headers: String, body: String)

    let server: ScriptedServer
    private let asked: Asked

    private final class Asked: Sendable {
        let all = Mutex<[String]>([])
    }

    /// - Parameter answer: gets the request and its number, from 1.
    init(_ answer: @escaping @Sendable (String, Int) -> Answer) {
        let asked = Asked()
        self.asked = asked
        server = ScriptedServer { connection in
            let number = asked.all.withLock { all in
                all.append(connection.request)
                return all.count
            }
            let (status, headers, body) = answer(connection.request, number)
            connection.answer(status: status, headers: headers, body: body)
        }
    }

    deinit { server.stop() }

    /// Whole requests, in order.
    var requests: [String] { asked.all.withLock { $0 } }

    static func ok(_ body: String) -> Answer { ("200 OK", "", body) }
}

/// What credentials are looked for in: variables, two files, and a clock that stands still.
struct CredentialPlace {
    let folder: TemporaryFolder
    let clock = ManualClock(Timestamp(microseconds: 1_790_000_000_000_000))
    private var variables: [String: String]

    init(credentials: String = "", config: String = "", _ more: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        try credentials.write(toFile: "\(folder.path)/credentials", atomically: true, encoding: .utf8)
        try config.write(toFile: "\(folder.path)/config", atomically: true, encoding: .utf8)
        variables = [
            "HOME": folder.path, "AWS_SHARED_CREDENTIALS_FILE": "\(folder.path)/credentials",
            "AWS_CONFIG_FILE": "\(folder.path)/config", "AWS_EC2_METADATA_DISABLED": "true",
        ]
        variables.merge(more) { $1 }
    }

    func settings() throws -> AWSSettings { try AWSSettings(environment: variables) }

    func find() throws -> AWSCredentials {
        let chain = CredentialChain(
            try settings(),
            http: HTTPClientConfiguration(userAgent: "test"),
            clock: SigningClock(clock.clock)
        )
        return try chain.find { false }
    }

    func connection() throws -> AWSConnection {
        try AWSConnection(
            try settings(),
            http: HTTPClientConfiguration(userAgent: "test"),
            clock: clock.clock,
            timeout: .seconds(5)
        )
    }

    /// The message of what hinders the search.
    func failure() -> AWSError? {
        do {
            _ = try find()
            return nil
        } catch { return error as? AWSError }
    }
}

extension AWSCredentials {
    /// For comparisons: the secrets in the clear.
    var parts: [String] { [accessKeyID, secretAccessKey.reveal(), sessionToken?.reveal() ?? ""] }
}

/// The answer of STS.
func tokenAnswer(_ id: String, _ key: String, _ token: String, _ expiration: String = "2026-09-21T16:00:00Z") -> String
{
    """
    <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>\
    <AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>\(key)</SecretAccessKey><SessionToken>\(token)</SessionToken>\
    <Expiration>\(expiration)</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
    """
}
