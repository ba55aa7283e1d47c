internal import Failures
internal import HTTPClient

/// Where a service is: scheme, host as it is signed, and path before every request's.
public struct AWSEndpoint: Sendable, Equatable {
    /// The URL, without a slash at its end.
    public let url: String
    /// The `Host` field: with the port where it is not the scheme's own.
    public let host: String
    /// The path in front of each request's; most often empty.
    let path: String

    /// Reads an `http` or `https` URL.
    ///
    /// - Parameter name: what named it, for the message.
    /// - Throws: `AWSError`.
    public init(_ text: String, from name: String) throws(AWSError) {
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        let lower = url.lowercased()
        let scheme = ["https://", "http://"].first { lower.hasPrefix($0) }
        guard let scheme, !url.contains("@"), !url.contains("?"), !url.contains("#"), url.count > scheme.count else {
            throw AWSError(
                "\(name) is no http or https URL without user and query; write for example http://127.0.0.1:4566",
                cause: .badRequest
            )
        }
        let rest = url.dropFirst(scheme.count)
        var host = rest.prefix { $0 != "/" }.lowercased()
        path = String(rest.dropFirst(host.count))
        let standard = scheme == "https://" ? ":443" : ":80"
        if host.hasSuffix(standard) { host.removeLast(standard.count) }
        self.url = url
        self.host = host
    }

    /// AWS's own endpoint of a service in a region.
    static func own(_ service: String, _ region: String) throws(AWSError) -> AWSEndpoint {
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return try AWSEndpoint("https://\(service).\(region).\(domain)", from: "the endpoint")
    }

    /// Whether requests to it leave this machine readable by everyone on the way.
    public var isInsecure: Bool { url.lowercased().hasPrefix("http://") && !Loopback.isHost(ofURL: url) }
}
