import HTTPClient
import TestSupport
import Testing

/// What a server repeats of a credential is not shown, however it writes it.
@Suite(.timeLimit(.minutes(20)))
struct SecretFilterTests {
    private static let token = "AAAA%3Dcan/ary\"77"

    @Test(arguments: [
        "AAAA%3Dcan/ary\"77", "AAAA=can/ary\"77", #"AAAA%3Dcan\/ary\"77"#, #"\u0041AAA%3Dcan/ary\u00227\u0037"#,
        "AAAA%3dcan%2Fary%2277", "&#65;AAA&#x25;3Dcan/ary&#34;77", "%41%41%41%41%253Dcan/ary%2277",
    ]) func everyWayToWriteItIsFound(form: String) {
        let filter = SecretFilter([Secret("Bearer \(Self.token)")])
        #expect(filter.blottedOut(of: "no: \(form), \(form)!") == "no: <secret>, <secret>!", "\(form)")
        #expect(filter.blottedOut(of: form) == "<secret>")
    }

    @Test func whatOnlyLooksLikeItStays() {
        let filter = SecretFilter([Secret("Bearer \(Self.token)")])
        for text in ["", "AAAA%3Dcan/ary", "%", "\\", "\\u00", "&#", "&#x41", "AAA&#xZZ;", "Bearer", "a%4"] {
            #expect(filter.blottedOut(of: text) == text)
        }
        #expect(SecretFilter([Secret("none")]).blottedOut(of: "none of it") == "none of it")
        #expect(SecretFilter([]).blottedOut(of: "text") == "text")
    }

    /// Alone it would remove half of an answer, so it is found where it was sent: behind its scheme.
    @Test func aShortSecretIsFoundBehindItsScheme() {
        let filter = SecretFilter([Secret("Bearer none")])
        #expect(
            filter.blottedOut(of: "none: Authorization: Bearer none, Bearer%20none")
                == "none: Authorization: <secret>, <secret>"
        )
        #expect(SecretFilter([Secret("ApiKey k")]).blottedOut(of: "x ApiKey k, k") == "x <secret>, k")
        let basic = Secret.basic(username: "u", password: Secret("p"))
        #expect(SecretFilter([basic]).blottedOut(of: "Basic dTpw, dTpw") == "<secret>, dTpw")
    }

    @Test(arguments: [
        ("Bearer none", true), ("Bearer abcdef", false), ("abcde", true), ("%41%42", true), ("abcdef", false),
        ("", true),
    ])
    func aSecretSaysWhetherItIsTooShort(text: String, isTooShort: Bool) {
        #expect(Secret(text).isTooShortToHide == isTooShort)
    }

    /// Of a secret that is a part of another nothing is left either.
    @Test func theLongestIsFoundFirst() {
        let filter = SecretFilter([Secret("canary"), Secret("canary-long")])
        #expect(filter.blottedOut(of: "canary-long canary") == "<secret> <secret>")
    }

    @Test func theHeadOfAnyResponseDoesNotRepeatTheCredentials() throws {
        let server = ScriptedServer { connection in
            connection.answer(
                status: "200 OK",
                headers: "X-Echo: Bearer canary-7777\r\nX-canary-7777: 1\r\nX-Other: kept\r\n",
                body: "canary-7777"
            )
        }
        defer { server.stop() }
        let request = HTTPClientRequest(url: server.url, authorization: Secret("Bearer canary-7777"))
        let response = try makeClient().send(request, timeout: .seconds(5))
        #expect(response.head.header("x-echo") == "Bearer <secret>")
        #expect(response.head.header("x-other") == "kept")
        #expect(!response.head.headers.contains { $0.name.contains("canary") })
        // A success is passed on as it came.
        #expect(response.body == Array("canary-7777".utf8))
    }

    /// libcurl's own texts repeat what it could not read.
    @Test func anErrorDoesNotRepeatWhatTheServerSent() throws {
        for head in ["HTTP/canary-7777 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: canary-7777\r\n\r\n"] {
            let server = ScriptedServer { $0.send(head) }
            defer { server.stop() }
            let request = HTTPClientRequest(url: server.url, authorization: Secret("Bearer canary-7777"))
            var text = ""
            do { text = "\(try makeClient().send(request, timeout: .seconds(5)).head)" } catch { text = "\(error)" }
            #expect(!text.isEmpty && !text.contains("canary"), "\(text)")
        }
    }
}
