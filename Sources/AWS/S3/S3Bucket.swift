public import HTTPClient

/// A bucket of Amazon S3, or of a server that speaks its language; one thread at a time.
public final class S3Bucket {
    /// The bucket's name.
    public let name: String
    /// Where requests go, for messages.
    public var host: String { client.endpoint.host }
    private let client: AWSClient
    /// The bucket as a part of the path; empty where the host names it.
    private let path: String

    /// Makes a client; nothing is connected yet.
    ///
    /// AWS's own servers are asked by the bucket's own host name; an endpoint that is set, or a name whose dots a certificate would not
    /// cover, by the path.
    ///
    /// - Throws: `AWSError`.
    public init(_ name: String, _ connection: AWSConnection) throws(AWSError) {
        self.name = name
        if let named = try connection.namedEndpoint(of: "s3") {
            path = "/\(name)"
            client = try AWSClient("s3", at: named, connection)
        } else if name.contains(".") {
            path = "/\(name)"
            client = try AWSClient("s3", at: .own("s3", connection.region), connection)
        } else {
            path = ""
            client = try AWSClient("s3", at: .own("\(name).s3", connection.region), connection)
        }
    }

    /// Sends one request and waits for its whole answer, whatever its status.
    ///
    /// - Parameters:
    ///   - key: the object's, as it is named; nil for the bucket itself.
    ///   - query: names and values as they are meant; a name without a value stands alone.
    /// - Throws: `AWSError` where there are no credentials, or no answer.
    public func send(
        _ method: String,
        _ key: String?,
        query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        waker: StreamWaker? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(AWSError) -> AWSReply {
        let object = key.map { "/" + PercentEncoding.encode($0, keeping: "/") } ?? ""
        let pairs = query.map { pair in
            pair.value.isEmpty ? pair.name : "\(pair.name)=\(PercentEncoding.encode(pair.value))"
        }
        return try client.send(
            method,
            path: path + object == "" ? "/" : path + object,
            query: pairs.joined(separator: "&"),
            headers: headers,
            body: body,
            waker: waker,
            isCancelled: isCancelled
        )
    }
}

/// What S3 answers in XML.
public enum S3Answer {
    /// The id of an upload that was begun; nil where none is there.
    public static func uploadID(_ body: [UInt8]) -> String? {
        XMLText.first("UploadId", in: String(decoding: body, as: UTF8.self))
    }

    /// The ids of the uploads of a key that a list names.
    public static func uploads(of key: String, in body: [UInt8]) -> [String] {
        var rest = String(decoding: body, as: UTF8.self)[...]
        var found: [String] = []
        while let start = rest.firstRange(of: "<Upload>") {
            guard let end = rest[start.upperBound...].firstRange(of: "</Upload>") else { break }
            let entry = String(rest[start.upperBound..<end.lowerBound])
            if XMLText.first("Key", in: entry) == key, let id = XMLText.first("UploadId", in: entry) {
                found.append(id)
            }
            rest = rest[end.upperBound...]
        }
        return found
    }

    /// The region that a refusal says the bucket is in; nil where it says none.
    public static func region(_ reply: AWSReply) -> String? {
        reply.head.header("x-amz-bucket-region")
            ?? XMLText.first("Region", in: String(decoding: reply.body, as: UTF8.self))
    }
}
