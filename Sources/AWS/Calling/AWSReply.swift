public import HTTPClient
internal import JSON

/// What a service says is wrong, in either of the shapes that AWS has: JSON or XML.
public struct AWSProblem: Sendable, Equatable {
    /// The name of the error, without what stands around it: `ResourceNotFoundException`.
    public let code: String
    /// The service's words; may be empty.
    public let message: String

    /// Code and words, for messages.
    public var text: String { message.isEmpty ? code : "\(code): \(message)" }

    /// Makes a problem from its parts.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Reads the body of an answer; nil where it names no error.
    public init?(_ body: [UInt8]) {
        let first = body.first { $0 != 32 && $0 != 10 && $0 != 13 && $0 != 9 }
        guard let code = first == UInt8(ascii: "<") ? AWSProblem.xml(body) : AWSProblem.json(body) else { return nil }
        self = code
    }

    private static func json(_ body: [UInt8]) -> AWSProblem? {
        guard let value = JSONValue.parse(body) else { return nil }
        guard let type = value["__type"]?.text ?? value["code"]?.text ?? value["Code"]?.text else { return nil }
        // `namespace#Code:suffix`.
        let name = type.split(separator: "#").last.map(String.init) ?? type
        return AWSProblem(
            code: String(name.prefix { $0 != ":" }),
            message: value["message"]?.text ?? value["Message"]?.text ?? ""
        )
    }

    private static func xml(_ body: [UInt8]) -> AWSProblem? {
        let text = String(decoding: body, as: UTF8.self)
        guard let code = XMLText.first("Code", in: text) else { return nil }
        return AWSProblem(code: code, message: XMLText.first("Message", in: text) ?? "")
    }
}

/// Texts of elements in the small XML answers of S3 and STS.
enum XMLText {
    /// The text of the first element of that name that holds text alone; nil where there is none.
    static func first(_ name: String, in xml: String) -> String? {
        guard let start = xml.firstRange(of: "<\(name)>") else { return nil }
        guard let end = xml[start.upperBound...].firstRange(of: "</\(name)>") else { return nil }
        var text = String(xml[start.upperBound..<end.lowerBound])
        // The ampersand last: it begins the others.
        for (entity, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&#34;", "\""),
            ("&amp;", "&"),
        ] { text.replace(entity, with: character) }
        return text
    }
}

/// A whole answer of a service.
public struct AWSReply: Sendable {
    /// The status.
    public let status: Int
    /// Status and header fields.
    public let head: HTTPHead
    /// The body; of a refusal without the request's secrets.
    public let body: [UInt8]
    /// What is wrong, where the status says that something is and the body names it.
    public let problem: AWSProblem?

    init(_ response: HTTPClientResponse, _ filter: SecretFilter) {
        status = response.status
        head = response.head
        body = response.status >= 300 ? filter.blottedOut(of: response.body) : response.body
        problem = response.status >= 300 ? AWSProblem(body) : nil
    }

    /// What is wrong, for messages.
    public var text: String { problem.map { "status \(status), \($0.text)" } ?? "status \(status)" }
}
