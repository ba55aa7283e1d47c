/// An answer: a status, headers, and a body that is whole or streamed.
public struct HTTPResponse: Sendable {
    /// What follows the headers.
    public enum Body: Sendable {
        /// All of it; the length is announced.
        case bytes([UInt8])
        /// As it comes, in chunks, until the body ends it or the client leaves.
        case stream(any HTTPBody)
    }

    /// The status code, 200...599; anything else goes out as 500.
    public var status: Int
    /// The headers, without length and transfer encoding, which the server adds; line ends in them make the answer a 500.
    public var headers: [(String, String)]
    /// The body; left out where the method is HEAD.
    public var body: Body

    /// Makes an answer.
    public init(status: Int = 200, headers: [(String, String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes an answer of bytes with a content type.
    public static func bytes(_ bytes: [UInt8], type: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", type)], body: .bytes(bytes))
    }

    /// Makes an answer of plain text in UTF-8.
    public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        bytes(Array(text.utf8), type: "text/plain; charset=utf-8", status: status)
    }

    /// Makes an answer of plain text after which the connection is closed: a refused client is to take no place.
    public static func closing(_ text: String, status: Int) -> HTTPResponse {
        var response = HTTPResponse.text(text, status: status)
        response.headers.append(("Connection", "close"))
        return response
    }

    /// Makes an answer of JSON that is written already.
    public static func json(_ text: String, status: Int = 200) -> HTTPResponse {
        bytes(Array(text.utf8), type: "application/json; charset=utf-8", status: status)
    }

    /// Makes an answer of JSON that is written already.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        .bytes(bytes, type: "application/json; charset=utf-8", status: status)
    }

    /// Makes a streamed answer with a content type.
    public static func stream(_ body: any HTTPBody, type: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", type)], body: .stream(body))
    }

    var isWellFormed: Bool {
        (200...599).contains(status)
            && headers.allSatisfy { name, value in
                !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
                    && value.utf8.allSatisfy { $0 >= 32 || $0 == 9 }
            }
    }
}
