import HTTPClient
import Testing
import XAPI

/// Whether X may have billed a request that failed: what is unknown counts as spent.
struct UnbilledTests {
    @Test(arguments: [400, 401, 402, 403, 404, 409, 429, 500, 503]) func aRefusalOfXsOwnCostsNothing(status: Int) {
        #expect(XAPIError(code: .refused, message: "", status: status).isUnbilled)
    }

    @Test(arguments: [502, 504]) func behindAGatewayThatGaveUpNobodyKnows(status: Int) {
        #expect(!XAPIError(code: .refused, message: "", status: status).isUnbilled)
    }

    @Test(arguments: [HTTPClientError.Code.invalidRequest, .notResolved, .notConnected, .untrusted])
    func whatNeverLeftCostsNothing(code: HTTPClientError.Code) {
        let cause = HTTPClientError(code: code, message: "")
        #expect(XAPIError(code: .unreachable, message: "", cause: cause).isUnbilled)
    }

    @Test(arguments: [HTTPClientError.Code.timedOut, .cut, .reset, .tooLarge, .cancelled, .refusedByCaller, .other])
    func whatLeftMayHaveCost(code: HTTPClientError.Code) {
        let cause = HTTPClientError(code: code, message: "")
        for kind in [XAPIError.Code.unreachable, .cancelled] {
            #expect(!XAPIError(code: kind, message: "", cause: cause).isUnbilled)
        }
    }

    @Test func anAnswerThatCannotBeReadMayHaveCost() {
        #expect(!XAPIError(code: .unexpectedAnswer, message: "", status: 200).isUnbilled)
        #expect(!XAPIError(code: .unreachable, message: "").isUnbilled)
    }

    @Test func aLookupLeavesOnceHoweverTheConnectionEnds() throws {
        #expect(LookupRequest(ids: [1]).httpRequest(.real, try BearerToken("abc")).isSentOnce)
    }
}
