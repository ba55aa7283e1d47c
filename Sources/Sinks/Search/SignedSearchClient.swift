internal import AWS
internal import HTTPClient

/// Sends requests to an engine that AWS runs, signed by its credentials.
final class SignedSearchClient {
    private let client: AWSClient

    /// - Parameter http: whom the engine's requests trust, and through which proxy they go.
    init(
        _ address: SearchAddress,
        _ aws: AWSConnection,
        _ service: SearchConnection.AWSService,
        _ http: HTTPClientConfiguration
    ) throws(HTTPClientError) {
        // Credentials may come from elsewhere, and are asked for in their own way.
        var connection = aws
        connection.http = http
        do throws(AWSError) {
            client = try AWSClient(service.rawValue, at: AWSEndpoint(address.url, from: "the engine"), connection)
        } catch {
            throw SignedSearchClient.error(error)
        }
    }

    /// Sends one request and waits for its whole answer.
    ///
    /// - Parameter path: a slash first, with its query.
    func send(
        _ method: String,
        _ path: String,
        _ headers: [(name: String, value: String)],
        _ body: [UInt8]?,
        _ timeout: Duration,
        _ bodyLimit: Int,
        _ waker: StreamWaker?,
        _ isCancelled: () -> Bool
    ) throws(HTTPClientError) -> AWSReply {
        let parts = path.split(separator: "?", maxSplits: 1)
        do throws(AWSError) {
            return try client.send(
                method,
                path: AWSClient.strict(String(parts.first ?? "/"), keeping: "/"),
                // What is signed is what the service makes of it: each name and value in the strictest spelling.
                query: AWSClient.strict(parts.count > 1 ? String(parts[1]) : "", keeping: "=&"),
                headers: headers,
                body: body ?? [],
                timeout: timeout,
                bodyLimit: bodyLimit,
                waker: waker,
                isCancelled: isCancelled
            )
        } catch {
            throw SignedSearchClient.error(error)
        }
    }

    private static func error(_ error: AWSError) -> HTTPClientError {
        HTTPClientError(code: error.code ?? .refusedByCaller, message: error.message, cause: error)
    }
}
