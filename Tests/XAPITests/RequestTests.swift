import HTTPClient
import Testing
import XAPI

struct RequestTests {
    @Test(arguments: [
        ("https://api.x.com", "https://api.x.com", false), ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", true),
        ("http://localhost:1", "http://localhost:1", true), ("http://[::1]:9/x/", "http://[::1]:9/x", true),
        ("https://LOCALHOST", "https://LOCALHOST", true), ("http://127.9.9.9", "http://127.9.9.9", true),
        ("https://127.0.0.1.example.com", "https://127.0.0.1.example.com", false),
        ("https://10.0.0.1", "https://10.0.0.1", false),
    ])
    func addressesAreRead(_ text: String, _ base: String, _ isLoopback: Bool) throws {
        let endpoint = try XEndpoint(text)
        #expect(endpoint.base == base)
        #expect(endpoint.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "api.x.com", "ftp://api.x.com", "http://api.x.com", "https://user:canary@api.x.com", "https://",
        "https://h?x=1",
        "https://h#f", "https://h h", "http://127.0.0.1@evil.example", "http://127.0.0.1\\@evil.example",
        "http://127.0.0.256",
    ])
    func otherAddressesAreRefused(_ text: String) {
        let error = #expect(throws: XAPIError.self) { try XEndpoint(text) }
        #expect(error?.code == .invalidAddress)
        #expect(error?.message.contains("canary") == false)
    }

    @Test func theStreamIsAskedForItsFields() throws {
        let request = StreamRequest().httpRequest(.real, try BearerToken("abc"))
        #expect(
            request.url
                == "https://api.x.com/2/tweets/search/stream?tweet.fields=public_metrics,created_at,author_id,lang,attachments,"
                + "referenced_tweets,possibly_sensitive,paid_partnership,edit_history_tweet_ids,withheld"
        )
        #expect(request.headers.isEmpty)
        let other = StreamRequest(fields: [], expansions: ["author_id", "a&b c"]).httpRequest(
            .real,
            try BearerToken("abc")
        )
        #expect(other.url == "https://api.x.com/2/tweets/search/stream?expansions=author_id,a%26b%20c")
    }

    @Test func aTokenIsTakenWithoutItsFrame() throws {
        let plain = try BearerToken("AAAA%2Fb%3D")
        for text in ["AAAA%2Fb%3D\n", "  AAAA%2Fb%3D \r\n", "Bearer AAAA%2Fb%3D"] {
            #expect(try BearerToken(text) == plain)
        }
        var shown = ""
        dump(plain, to: &shown)
        #expect(!"\(plain) \(String(reflecting: plain)) \(shown)".contains("AAAA"))
    }

    @Test(arguments: ["", " \n", "Bearer ", "canary1 canary2", "canary\ncanary", "canaryé"])
    func whatIsNoTokenIsRefusedUnseen(_ text: String) {
        let error = #expect(throws: XAPIError.self) { try BearerToken(text) }
        #expect(error?.code == .invalidToken)
        #expect(error.map { "\($0)".contains("canary") } == false)
    }
}
