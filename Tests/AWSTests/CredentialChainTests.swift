import Failures
import Foundation
import HTTPClient
import TestSupport
import Testing
import Time

@testable import AWS

/// The places where credentials stand on this machine, in botocore's order.
@Suite struct CredentialChainTests {
    private static let file = """
        # the usual one
        [default]
        aws_access_key_id = FILE
        aws_secret_access_key = file-secret
        [other]
        aws_access_key_id=OTHER
        aws_secret_access_key=other-secret=/+
        aws_session_token = other-token
        """
    private static let config = """
        [default]
        region = eu-central-1
        s3 =
            aws_access_key_id = NESTED
        [profile plain]
        aws_access_key_id = PLAIN
        aws_secret_access_key = plain-secret
        region = us-west-2
        [profile "two words"]
        aws_access_key_id = WORDS
        aws_secret_access_key = words-secret
        """

    @Test func theEnvironmentComesBeforeFilesAndItsTokenGoesAlong() throws {
        let place = try CredentialPlace(
            credentials: Self.file,
            ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_SESSION_TOKEN": "env-token"]
        )
        #expect(try place.find().parts == ["ENV", "env-secret", "env-token"])
    }

    @Test func halfOfAPairIsNamed() throws {
        let place = try CredentialPlace(["AWS_ACCESS_KEY_ID": "ENV"])
        #expect(place.failure()?.message.contains("AWS_SECRET_ACCESS_KEY is not") == true)
        let file = try CredentialPlace(credentials: "[default]\naws_access_key_id = A\n")
        #expect(file.failure()?.message.contains("no aws_secret_access_key") == true)
    }

    @Test(arguments: [("default", "FILE"), ("other", "OTHER"), ("plain", "PLAIN"), ("two words", "WORDS")])
    func aProfileIsFoundInEitherFile(profile: String, id: String) throws {
        let place = try CredentialPlace(credentials: Self.file, config: Self.config, ["AWS_PROFILE": profile])
        #expect(try place.find().accessKeyID == id)
    }

    @Test func valuesMayHoldEqualsSignsAndADefaultProfileIsReadWithoutAName() throws {
        let place = try CredentialPlace(credentials: Self.file, config: Self.config, ["AWS_DEFAULT_PROFILE": "other"])
        #expect(try place.find().parts == ["OTHER", "other-secret=/+", "other-token"])
        let usual = try CredentialPlace(credentials: Self.file, config: Self.config)
        #expect(try usual.find().parts == ["FILE", "file-secret", ""])
    }

    @Test func aProfileThatDoesNotExistIsNamed() throws {
        let error = #expect(throws: AWSError.self) {
            try CredentialPlace(credentials: Self.file, ["AWS_PROFILE": "nobody"]).settings()
        }
        #expect(error?.message.contains("'nobody'") == true && error?.failureCause.kind == .operatorNeeded)
    }

    @Test func theRegionComesFromTheEnvironmentOrTheProfile() throws {
        #expect(try CredentialPlace(config: Self.config).settings().region == "eu-central-1")
        #expect(try CredentialPlace(config: Self.config, ["AWS_PROFILE": "plain"]).settings().region == "us-west-2")
        let both = ["AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "sa-east-1"]
        #expect(try CredentialPlace(config: Self.config, both).settings().region == "us-east-1")
        let error = #expect(throws: AWSError.self) { try CredentialPlace().connection() }
        #expect(error?.message.contains("AWS_REGION") == true)
    }

    @Test func anEndpointOfAServiceComesBeforeThatOfAll() throws {
        let place = try CredentialPlace([
            "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1/",
            "AWS_ENDPOINT_URL_FIREHOSE": "http://LocalHost:80",
        ])
        let connection = try place.connection()
        #expect(try connection.endpoint(of: "firehose").host == "localhost")
        #expect(try connection.endpoint(of: "s3").host == "127.0.0.1:1")
        let own = try CredentialPlace(["AWS_REGION": "cn-north-1"]).connection()
        #expect(try own.endpoint(of: "firehose").url == "https://firehose.cn-north-1.amazonaws.com.cn")
        let wrong = try CredentialPlace(["AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": "http://key@host"])
            .connection()
        let error = #expect(throws: AWSError.self) { try wrong.endpoint(of: "s3") }
        #expect(error?.message.contains("AWS_ENDPOINT_URL_S3") == true && error?.message.contains("key") == false)
    }

    @Test(arguments: [
        ("sso_start_url = https://x", "SSO"), ("sso_session = mine", "SSO"), ("login_session = arn:x", "aws login"),
        ("role_arn = arn:r\nsource_profile = default\nmfa_serial = 1", "mfa_serial"),
    ])
    func whatIsNotSupportedIsRefusedByName(lines: String, name: String) throws {
        let place = try CredentialPlace(config: "[default]\n\(lines)\n")
        let error = try #require(place.failure())
        #expect(error.message.contains(name) && error.failureCause.kind == .operatorNeeded)
    }

    @Test func whereThereAreNoneAllPlacesAreNamed() throws {
        let error = try #require(try CredentialPlace().failure())
        for word in ["AWS_ACCESS_KEY_ID", "'default'", "/credentials", "EC2"] { #expect(error.message.contains(word)) }
    }

    // MARK: - credential_process

    private func program(_ script: String, _ arguments: String = "") throws -> CredentialPlace {
        let tool = try TemporaryFolder()
        let path = "\(tool.path)/a tool"
        _ = FileManager.default.createFile(
            atPath: path,
            contents: Data("#!/bin/sh\n\(script)\n".utf8),
            attributes: [.posixPermissions: 0o755]
        )
        let place = try CredentialPlace(config: "[default]\n")
        try FileManager.default.moveItem(atPath: path, toPath: "\(place.folder.path)/a tool")
        // By a shell: a file that was just written may still be open in a child that another test is starting, and is busy then.
        let config = "[default]\ncredential_process = /bin/sh \"\(place.folder.path)/a tool\" \(arguments)\n"
        try config.write(toFile: "\(place.folder.path)/config", atomically: true, encoding: .utf8)
        return place
    }

    @Test func aProgramHandsOverCredentialsAndNoShellReadsItsWords() throws {
        let place = try program(
            #"printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"t","Expiration":"2027-01-01T00:00:00Z"}' "$1" "$2""#,
            #"'PROG $HOME' two"#
        )
        let found = try place.find()
        #expect(found.parts == ["PROG $HOME", "two", "t"])
        #expect(found.expiration?.rfc3339 == "2027-01-01T00:00:00.000000Z")
    }

    @Test(arguments: [
        ("exit 3", "failed"), ("echo '{}'", "Version"), ("echo canary-secret", "Version"),
        (#"echo '{"Version":1,"AccessKeyId":"A"}'"#, "SecretAccessKey"),
    ])
    func aProgramThatFailsIsNamedAndNothingOfItsOutput(script: String, word: String) throws {
        let error = try #require(try program(script).failure())
        #expect(error.message.contains("credential_process") && error.message.contains(word))
        #expect(!error.message.contains("canary-secret"))
    }

    @Test func aProgramThatHangsEndsWithTheSearch() throws {
        let place = try program("exec sleep 50")
        let chain = CredentialChain(
            try place.settings(),
            http: .init(userAgent: "test"),
            clock: SigningClock(place.clock.clock)
        )
        let start = ContinuousClock.now
        #expect(throws: AWSError.self) { try chain.find { ContinuousClock.now - start > .milliseconds(100) } }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func wordsAreDividedAsByAShell() {
        #expect(CredentialProgram.words(#"a 'b c' "d \"e\" \n" f\ g"#) == ["a", "b c", #"d "e" \n"#, "f g"])
        #expect(CredentialProgram.words("a 'b") == nil)
    }
}
