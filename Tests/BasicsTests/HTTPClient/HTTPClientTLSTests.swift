import Foundation
import HTTPClient
import TestSupport
import Testing
import Time

/// Against `openssl s_server`, with certificates made on the spot.
@Suite(.timeLimit(.minutes(20)), .serialized)
struct HTTPClientTLSTests {
    @Test func aSelfSignedCertificateIsRefused() throws {
        let server = try TLSServer()
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(
                .init(url: server.url, authorization: Secret("Bearer canary-5")),
                timeout: .seconds(5)
            )
        }
        #expect(error?.code == .untrusted)
        #expect(error?.curlCode == 60)
        #expect(error?.description.contains("canary-5") == false)
    }

    @Test func aCertificateOfAnAddedAuthorityIsTrusted() throws {
        let server = try TLSServer()
        let client = try HTTPClient(configuration: .init(userAgent: "tester/1", caFile: server.certificate))
        #expect(try client.send(.init(url: server.url), timeout: .seconds(5)).status == 200)
    }

    @Test func aTrustedCertificateOfAnotherHostIsRefused() throws {
        let server = try TLSServer()
        let client = try HTTPClient(configuration: .init(userAgent: "tester/1", caFile: server.certificate))
        let error = #expect(throws: HTTPClientError.self) {
            try client.send(
                .init(url: server.url.replacingOccurrences(of: "localhost", with: "127.0.0.1")),
                timeout: .seconds(5)
            )
        }
        #expect(error?.code == .untrusted)
    }
}

private final class TLSServer {
    let certificate: String
    private(set) var url = ""
    private let folder: TemporaryFolder
    private let process = Process()

    init() throws {
        folder = try TemporaryFolder()
        certificate = folder.path + "/cert.pem"
        let make = Process()
        make.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        make.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder.path + "/key.pem",
            "-out", certificate,
        ]
        make.standardError = FileHandle.nullDevice
        // waitUntilExit() turns a run loop, which the threads of tests do not have.
        let made = DispatchSemaphore(value: 0)
        make.terminationHandler = { _ in made.signal() }
        try make.start()
        try #require(made.wait(timeout: .now() + 20) == .success)
        try #require(make.terminationStatus == 0)
        // s_server tells its port only into a buffer: take one that was free a moment ago.
        let scout = ScriptedServer { _ in }
        let port = scout.port
        scout.stop()
        sleepMilliseconds(60)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", folder.path + "/key.pem", "-www",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.start()
        url = "https://localhost:\(port)/"
        // Ready once it takes a connection, which plain HTTP shows as an answer that is none.
        let client = try makeClient()
        let watch = Stopwatch()
        while watch.elapsed < .seconds(10) {
            do throws(HTTPClientError) {
                _ = try client.send(.init(url: "http://localhost:\(port)/"), timeout: .seconds(2))
                return
            } catch {
                if error.code != .notConnected { return }
            }
            sleepMilliseconds(20)
        }
        kill(process.processIdentifier, SIGKILL)
        Issue.record("openssl s_server did not start")
    }

    deinit {
        // s_server outlives SIGTERM.
        kill(process.processIdentifier, SIGKILL)
    }
}
