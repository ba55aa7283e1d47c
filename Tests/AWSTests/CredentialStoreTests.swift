import Failures
import HTTPClient
import Synchronization
import Testing
import Time

@testable import AWS

/// Credentials are asked for once, and again before they expire.
@Suite struct CredentialStoreTests {
    private let clock = ManualClock(Timestamp(microseconds: 1_790_000_000_000_000))

    private final class Source: Sendable {
        let state = Mutex((found: 0, isDown: false))
    }

    private let source = Source()

    /// Each lasts half an hour from when it was made.
    private func store(lasting: Duration? = .seconds(1_800)) -> CredentialStore {
        let (clock, source) = (clock, source)
        return CredentialStore(clock: SigningClock(clock.clock)) { _ throws(AWSError) in
            let number: Int? = source.state.withLock { state in
                state.found += 1
                return state.isDown ? nil : state.found
            }
            guard let number else { throw AWSError("down", cause: .network) }
            return AWSCredentials(
                accessKeyID: "K\(number)",
                secretAccessKey: Secret("s\(number)"),
                expiration: lasting.map { clock.clock.now + $0 }
            )
        }
    }

    private var found: Int { source.state.withLock { $0.found } }

    @Test func theyAreAskedForOnceAndAgainBeforeTheyExpire() throws {
        let store = store()
        for _ in 0..<10 { #expect(try store.current().accessKeyID == "K1") }
        clock.advance(by: .seconds(1_800 - 901))
        #expect(try store.current().accessKeyID == "K1" && found == 1)
        clock.advance(by: .seconds(2))
        #expect(try store.current().accessKeyID == "K2" && found == 2)
    }

    @Test func keysThatDoNotExpireAreKept() throws {
        let store = store(lasting: nil)
        #expect(try store.current().accessKeyID == "K1")
        clock.advance(by: .seconds(1_000_000))
        #expect(try store.current().accessKeyID == "K1")
    }

    @Test func whileNoNewOnesAreToBeHadTheOldOnesServeAndAreNotAskedForAtEachCall() throws {
        let store = store()
        _ = try store.current()
        source.state.withLock { $0.isDown = true }
        clock.advance(by: .seconds(1_000))
        for _ in 0..<5 { #expect(try store.current().accessKeyID == "K1") }
        #expect(found == 2)
        clock.advance(by: .seconds(61))
        _ = try store.current()
        #expect(found == 3)
        clock.advance(by: .seconds(1_000))
        #expect(throws: AWSError.self) { try store.current() }
        source.state.withLock { $0.isDown = false }
        #expect(try store.current().accessKeyID == "K5")
    }

    @Test func whatWasFoundExpiredIsForgottenUnlessNewerOnesAreThere() throws {
        let store = store()
        let first = try store.current()
        store.forget(first)
        let second = try store.current()
        #expect(second.accessKeyID == "K2")
        store.forget(first)
        #expect(try store.current() == second)
    }

    /// Ten minutes of calls with credentials that last three.
    @Test func aReplayThatOutlastsItsCredentialsNeverSignsWithExpiredOnes() throws {
        let store = store(lasting: .seconds(180))
        for _ in 0..<600 {
            let held = try store.current()
            #expect(try #require(held.expiration) > clock.clock.now)
            clock.advance(by: .seconds(1))
        }
        #expect((4...12).contains(found))
    }
}
