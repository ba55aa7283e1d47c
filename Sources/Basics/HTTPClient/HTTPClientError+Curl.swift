internal import CCurl

extension HTTPClientError {
    /// Turns a result of libcurl into an error, libcurl-errors(3).
    ///
    /// - Parameters:
    ///   - result: the code, not `CURLE_OK`.
    ///   - detail: the text of `CURLOPT_ERRORBUFFER`, which names hosts and numbers but no header.
    ///   - request: what was asked.
    /// - Returns: an error whose message says what to do next.
    static func curl(_ result: CURLcode, detail: String, request: HTTPClientRequest) -> HTTPClientError {
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        let (code, advice) = meaning(of: result, text)
        let what = "\(request.method) \(request.displayURL) failed: \(text)"
        return HTTPClientError(
            code: code,
            curlCode: Int(result.rawValue),
            message: advice.isEmpty ? what : "\(what); \(advice)"
        )
    }

    private static func meaning(of result: CURLcode, _ text: String) -> (Code, String) {
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            (.invalidRequest, "give an http or https URL")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            (.notResolved, "check the name and this machine's DNS")
        case CURLE_COULDNT_CONNECT:
            (.notConnected, "check that the server runs and can be reached")
        case CURLE_SSL_CONNECT_ERROR where endsOfHandshake.contains(where: text.contains):
            (.notConnected, "check that the server runs, can be reached, and speaks TLS on this port")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS:
            (.untrusted, "install the package ca-certificates, or add your own CA file where the server has one")
        case CURLE_OPERATION_TIMEDOUT:
            (.timedOut, "")
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING:
            (.cut, "")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            (.reset, "")
        default:
            (.other, "")
        }
    }

    /// OpenSSL's words for a connection that was lost during the handshake, which says nothing against the certificate.
    private static let endsOfHandshake = ["SSL_ERROR_SYSCALL", "Connection reset by peer", "unexpected eof"]
}
