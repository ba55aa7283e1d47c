import TestSupport

/// Engines that give a client nothing but trouble.
enum TroubledEngine {
    /// Accepts every connection and never answers.
    static func silent() -> ScriptedServer {
        // The kernel accepts the others, and nobody ever reads from them.
        ScriptedServer { $0.hold(seconds: 3_600) }
    }

    /// Asks everyone to come again in ten minutes, whatever it is asked for.
    static func busy() -> ScriptedServer {
        ScriptedServer {
            $0.answer(status: "429 Too Many Requests", headers: "Retry-After: 600\r\n", body: #"{"error":"busy"}"#)
        }
    }

    /// Is there, and takes no mapping and no document.
    static func refusing() -> ScriptedServer {
        ScriptedServer { connection in
            if connection.request.hasPrefix("GET / ") || connection.request.hasPrefix("GET /_nodes") {
                let version = #"{"version":{"number":"8.19.8"},"tagline":"You Know, for Search"}"#
                connection.answer(status: "200 OK", headers: "X-elastic-product: Elasticsearch\r\n", body: version)
            } else if connection.request.hasPrefix("GET") || connection.request.hasPrefix("HEAD") {
                connection.answer(status: "404 Not Found", body: #"{"error":"not here","status":404}"#)
            } else {
                let reason = #"{"type":"mapper_parsing_exception","reason":"no handler for type [keyword]"}"#
                connection.answer(status: "400 Bad Request", body: #"{"error":\#(reason),"status":400}"#)
            }
        }
    }
}
