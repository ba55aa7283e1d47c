import Failures
import Foundation
import TestSupport
import Testing

@testable import AWS

/// Credentials from STS, containers and EC2, each against a double.
@Suite struct CredentialServiceTests {
    private static let keys = "[base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret-canary\n"
    private static let reply =
        #"{"Code":"Success","AccessKeyId":"LOCAL","SecretAccessKey":"local-secret","Token":"local-token","Expiration":"2027-01-01T00:00:00Z"}"#

    private func role(_ double: AWSDouble, _ config: String, credentials: String = Self.keys) throws -> CredentialPlace
    {
        try CredentialPlace(
            credentials: credentials,
            config: config,
            ["AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": double.server.url]
        )
    }

    @Test func aRoleIsAssumedWithItsSourcesKeys() throws {
        let double = AWSDouble { _, _ in AWSDouble.ok(tokenAnswer("ROLE", "role-secret", "role-token")) }
        let place = try role(
            double,
            "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\nexternal_id = e/1\nrole_session_name = me\n"
        )
        let found = try place.find()
        #expect(found.parts == ["ROLE", "role-secret", "role-token"] && found.expiration != nil)
        let request = try #require(double.requests.first)
        for part in [
            "Action=AssumeRole&", "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa", "ExternalId=e%2F1", "RoleSessionName=me",
            "Credential=BASE/20260921/eu-west-1/sts/aws4_request",
        ] { #expect(request.contains(part), "\(request)") }
    }

    @Test func rolesAreAssumedOneThroughTheOther() throws {
        let double = AWSDouble { _, number in AWSDouble.ok(tokenAnswer("ROLE\(number)", "s\(number)", "t\(number)")) }
        let place = try role(
            double,
            """
            [default]
            role_arn = arn:outer
            source_profile = middle
            [profile middle]
            role_arn = arn:inner
            source_profile = base
            """
        )
        #expect(try place.find().accessKeyID == "ROLE2")
        #expect(double.requests.count == 2 && double.requests[0].contains("arn%3Ainner"))
        #expect(
            double.requests[1].contains("Credential=ROLE1/") && double.requests[1].contains("x-amz-security-token: t1")
        )
    }

    @Test(arguments: [
        (
            "[default]\nrole_arn = r\nsource_profile = a\n[profile a]\nrole_arn = s\nsource_profile = default\n",
            "circle"
        ),
        ("[default]\nrole_arn = r\nsource_profile = nobody\n", "'nobody', which does not exist"),
        ("[default]\nrole_arn = r\n", "exactly one"),
        ("[default]\nrole_arn = r\ncredential_source = Moon\n", "Ec2InstanceMetadata"),
    ])
    func aRoleWithoutASourceIsExplained(config: String, words: String) throws {
        let error = try #require(try CredentialPlace(config: config, ["AWS_REGION": "us-east-1"]).failure())
        #expect(error.message.contains(words) && error.failureCause.kind == .operatorNeeded, "\(error)")
    }

    @Test func aRefusedRoleSaysWhyWithoutAnySecret() throws {
        let double = AWSDouble { request, _ in
            (
                "403 Forbidden", "",
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no &lt;base-secret-canary&gt;</Message></Error></ErrorResponse>"
            )
        }
        let place = try role(double, "[default]\nrole_arn = arn:x\nsource_profile = base\n")
        let error = try #require(place.failure())
        #expect(error.message.contains("AccessDenied") && error.message.contains("trust policy"))
        #expect(!error.message.contains("canary") && error.failureCause == .credentials)
        let down = AWSDouble { _, _ in ("503 Slow", "", "") }
        #expect(
            try role(down, "[default]\nrole_arn = arn:x\nsource_profile = base\n").failure()?.failureCause.kind
                == .retry
        )
    }

    @Test func aWebIdentityNeedsNoKeysAndItsFileIsReadEachTime() throws {
        let double = AWSDouble { _, _ in AWSDouble.ok(tokenAnswer("WEB", "web-secret", "web-token")) }
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/token"
        try "first.token\n".write(toFile: path, atomically: true, encoding: .utf8)
        let place = try CredentialPlace(
            credentials: Self.keys,
            [
                "AWS_ENDPOINT_URL_STS": double.server.url, "AWS_WEB_IDENTITY_TOKEN_FILE": path,
                "AWS_ROLE_ARN": "arn:web",
            ]
        )
        #expect(try place.find().accessKeyID == "WEB")
        try "second.token".write(toFile: path, atomically: true, encoding: .utf8)
        _ = try place.find()
        #expect(
            double.requests[0].contains("WebIdentityToken=first.token") && !double.requests[0].contains("Authorization")
        )
        #expect(double.requests[1].contains("WebIdentityToken=second.token"))
        try FileManager.default.removeItem(atPath: path)
        #expect(place.failure()?.message.contains(path) == true)
    }

    // MARK: - Containers

    @Test func aContainersAgentIsAskedWithItsTokenReadEachTime() throws {
        let double = AWSDouble { _, _ in AWSDouble.ok(Self.reply) }
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/token"
        try "agent-token-1".write(toFile: path, atomically: true, encoding: .utf8)
        let place = try CredentialPlace([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(double.server.url)/role?x=1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path,
        ])
        #expect(try place.find().parts == ["LOCAL", "local-secret", "local-token"])
        #expect(
            double.requests[0].hasPrefix("GET /role?x=1 ")
                && double.requests[0].contains("Authorization: agent-token-1")
        )
    }

    @Test func aContainersAgentIsTriedThreeTimes() throws {
        let double = AWSDouble { _, number in number < 3 ? ("500 Oops", "", "") : AWSDouble.ok(Self.reply) }
        let place = try CredentialPlace(["AWS_CONTAINER_CREDENTIALS_FULL_URI": double.server.url])
        #expect(try place.find().accessKeyID == "LOCAL" && double.requests.count == 3)
        let denied = AWSDouble { _, _ in ("403 No", "", "") }
        let other = try CredentialPlace(["AWS_CONTAINER_CREDENTIALS_FULL_URI": denied.server.url])
        #expect(other.failure()?.failureCause == .credentials && denied.requests.count == 1)
    }

    @Test(arguments: ["http://example.com/x", "ftp://127.0.0.1/", "http://169.254.170.2.example.com/"])
    func credentialsAreNotFetchedInTheClearFromElsewhere(url: String) throws {
        let place = try CredentialPlace(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        #expect(place.failure()?.message.contains("must be https") == true)
    }

    @Test func aTokenWithALineBreakIsRefused() throws {
        let place = try CredentialPlace([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nX: b",
        ])
        #expect(place.failure()?.message.contains("line break") == true)
    }

    // MARK: - EC2

    private func machine(_ double: AWSDouble) throws -> CredentialPlace {
        try CredentialPlace([
            "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": double.server.url + "/",
        ])
    }

    @Test func theMachinesRoleIsAskedForWithAToken() throws {
        let double = AWSDouble { request, _ in
            if request.hasPrefix("PUT /latest/api/token ") { return AWSDouble.ok("imds-token") }
            guard request.contains("x-aws-ec2-metadata-token: imds-token") else { return ("401 No", "", "") }
            return request.hasPrefix("GET /latest/meta-data/iam/security-credentials/ ")
                ? AWSDouble.ok("my role\n") : AWSDouble.ok(Self.reply)
        }
        #expect(try machine(double).find().accessKeyID == "LOCAL")
        #expect(double.requests[0].contains("x-aws-ec2-metadata-token-ttl-seconds: 21600"))
        #expect(double.requests[2].hasPrefix("GET /latest/meta-data/iam/security-credentials/my%20role "))
    }

    @Test func withoutATokenNothingElseIsAsked() throws {
        let double = AWSDouble { request, _ in
            request.hasPrefix("PUT") ? ("403 No", "", "") : AWSDouble.ok(Self.reply)
        }
        #expect(try machine(double).failure()?.message.contains("version 2") == true && double.requests.count == 1)
    }

    @Test func aMachineWithoutARoleIsNamed() throws {
        let double = AWSDouble { request, _ in request.hasPrefix("PUT") ? AWSDouble.ok("t") : ("404 No", "", "") }
        #expect(try machine(double).failure()?.message.contains("IAM role") == true)
        let failing = AWSDouble { request, _ in
            request.hasPrefix("PUT") ? AWSDouble.ok("t") : AWSDouble.ok(#"{"Code":"Failed","Message":"x"}"#)
        }
        #expect(try machine(failing).failure()?.message.contains("Failed") == true)
    }
}
