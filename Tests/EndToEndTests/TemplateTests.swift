import Foundation
import TestSupport
import Testing

/// The CloudFormation template, by the linter of AWS and in AWS in memory (moto).
@Suite(.timeLimit(.minutes(20)))
struct TemplateTests {
    private static let template = Surroundings.checkout + "/packaging/aws/template.yaml"

    private struct Stacks {
        let declared: [String: [[String: Any]]]
        let stacks: [[String: Any]]
    }

    private func create(_ parameters: String..., in folder: TemporaryFolder) throws -> Stacks {
        let program = [Surroundings.peer("template.py"), Self.template] + parameters
        let result = try RunningProgram(Surroundings.path(.python), program, in: folder).wait(seconds: 300)
        try #require(result.status == 0, "\(result.errors.suffix(3_000))")
        let whole = try #require(JSONSerialization.jsonObject(with: result.output) as? [String: Any])
        return Stacks(
            declared: try #require(whole["declared"] as? [String: [[String: Any]]]),
            stacks: try #require(whole["stacks"] as? [[String: Any]])
        )
    }

    private func lint(_ path: String, in folder: TemporaryFolder) throws -> RunningProgram.Result {
        let python = URL(fileURLWithPath: try Surroundings.path(.python))
        let program = python.deletingLastPathComponent().path + "/cfn-lint"
        return try RunningProgram(program, [path], in: folder).wait(seconds: 120)
    }

    @Test(.needs(.pythonPackage("cfnlint"))) func theLinterFindsNothing() throws {
        let folder = try TemporaryFolder()
        let result = try lint(Self.template, in: folder)
        #expect(result.status == 0 && result.text.isEmpty, "\(result.text)\(result.errors)")
        // What it would say of a property that does not exist, or the test could not fail.
        let text = try String(contentsOfFile: Self.template, encoding: .utf8)
        try text.replacing("MemorySize:", with: "MemorySizes:").write(
            toFile: folder.path + "/wrong.yaml",
            atomically: true,
            encoding: .utf8
        )
        let wrong = try lint(folder.path + "/wrong.yaml", in: folder)
        #expect(wrong.status != 0 && wrong.text.contains("MemorySizes"))
    }

    @Test(.needs(.pythonPackage("cfnlint"), .pythonPackage("moto"))) func theStackIsCreatedWithAndWithoutAProducer()
        throws
    {
        let folder = try TemporaryFolder()
        let created = try create(
            #"{"CodeBucket": "code"}"#,
            """
            {"CodeBucket": "code", "CreateProducer": "yes", "AlarmEmail": "me@example.com",
            "ReaderArn": "arn:aws:iam::123456789012:role/me"}
            """,
            in: folder
        )
        try #require(created.stacks.count == 2)
        let (plain, whole) = (created.stacks[0], created.stacks[1])
        #expect(created.stacks.map { $0["status"] as? String } == ["CREATE_COMPLETE", "CREATE_COMPLETE"])
        #expect(plain["runtime"] as? String == "provided.al2023" && plain["handler"] as? String == "bootstrap")
        #expect(plain["widgets"] as? Int ?? 0 >= 6)
        #expect(
            plain["log_groups"] as? [String: Int] == [
                "/aws/kinesisfirehose/posts": 30, "/aws/lambda/posts-transform": 30,
            ]
        )
        let types = try #require(plain["types"] as? [String])
        #expect(types.contains("AWS::Lambda::Function") && !types.contains { $0.hasPrefix("AWS::EC2") })
        let more = try #require(whole["types"] as? [String])
        #expect(Set(more).isSuperset(of: types + ["AWS::EC2::Instance", "AWS::SNS::Topic"]))
        for (stack, roles) in [(plain, 2), (whole, 3)] {
            #expect(stack["roles"] as? Int == roles)
            try checkRights(stack)
        }
        try checkDelivery(created.declared)
    }

    /// Every action has its whole name, and every resource a name of this stack.
    private func checkRights(_ stack: [String: Any]) throws {
        #expect(stack["attached"] as? Int == 0, "a managed policy allows more than is needed")
        let rights = try #require(stack["rights"] as? [[String: Any]])
        #expect(rights.count >= 7)
        for right in rights {
            let actions = try #require(right["actions"] as? [String])
            let resources = try #require(right["resources"] as? [String])
            #expect(
                !actions.isEmpty && actions.allSatisfy { $0.wholeMatch(of: /[a-z0-9]+:[A-Z]\w+/) != nil },
                "\(right)"
            )
            #expect(!resources.isEmpty, "\(right)")
            for resource in resources {
                let name = resource.split(separator: ":", maxSplits: 5).last ?? "*"
                #expect(resource.hasPrefix("arn:") && !name.hasPrefix("*") && !resource.contains("${"), "\(resource)")
            }
        }
    }

    /// What the stream does, and what is watched.
    private func checkDelivery(_ declared: [String: [[String: Any]]]) throws {
        let streams = try #require(declared["AWS::KinesisFirehose::DeliveryStream"])
        let destination = try #require(
            streams.first?["AmazonopensearchserviceDestinationConfiguration"] as? [String: Any]
        )
        #expect(destination["S3BackupMode"] as? String == "AllDocuments")
        let processing = try #require(destination["ProcessingConfiguration"] as? [String: Any])
        let processors = try #require(processing["Processors"] as? [[String: Any]])
        #expect(processors.map { $0["Type"] as? String } == ["Lambda"])
        let alarms = try #require(declared["AWS::CloudWatch::Alarm"])
        let metrics = Set(alarms.compactMap { $0["MetricName"] as? String })
        let firehose = "DeliveryToAmazonOpenSearchService"
        #expect(
            metrics.isSuperset(of: [
                "\(firehose).DataFreshness", "\(firehose).Success", "ThrottledRecords", "Errors", "ProcessingFailed",
            ])
        )
        #expect(alarms.allSatisfy { $0["AlarmActions"] != nil && $0["AlarmDescription"] != nil })
        let domain = try #require(declared["AWS::OpenSearchService::Domain"]?.first)
        #expect((domain["EncryptionAtRestOptions"] as? [String: Bool])?["Enabled"] == true)
    }

    /// What the producer's machine is told to run is what this command understands.
    @Test func theProducersSettingsAreOptionsOfRun() throws {
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: Self.template, encoding: .utf8)
        let settings = try #require(text.firstMatch(of: /reprise.yaml <<'END'\n([^']*?)\x20+END\n/)?.output.1)
        let help = try RunningProgram(Surroundings.reprise(), ["run", "--help"], in: folder).wait().text
        let keys = settings.split(separator: "\n").compactMap { $0.firstMatch(of: /^ *([a-z-]+):/)?.output.1 }
        #expect(keys == ["rules", "budget", "sink", "raw"])
        for key in keys { #expect(help.contains("--\(key) ") || help.contains("--\(key)\n"), "\(key)") }
        let unit = try String(
            contentsOfFile: Surroundings.checkout + "/packaging/systemd/reprise-run.service",
            encoding: .utf8
        )
        for path in ["/etc/reprise/reprise.yaml", "/etc/reprise/environment", "/usr/local/bin/reprise"] {
            #expect(unit.contains(path) && text.contains(path), "\(path)")
        }
    }
}
