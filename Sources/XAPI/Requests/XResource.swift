/// What a request is for, as messages name it.
public enum XResource: Sendable, Hashable, CustomStringConvertible {
    /// The filtered stream.
    case stream
    /// The stream's rules.
    case rules
    /// Posts by their ids.
    case posts
    /// What X has billed.
    case usage

    /// The resource that a URL of the API leads to.
    init(url: String) {
        let path = url.prefix { $0 != "?" }
        if path.contains("/search/stream/rules") {
            self = .rules
        } else if path.contains("/search/stream") {
            self = .stream
        } else if path.contains("/usage/") {
            self = .usage
        } else {
            self = .posts
        }
    }

    /// The resource in a few words, to follow "no".
    public var description: String {
        switch self {
        case .stream: "stream"
        case .rules: "list of rules"
        case .posts: "lookup of posts"
        case .usage: "usage report"
        }
    }

    /// What an app does with it, to follow "may not".
    var use: String {
        switch self {
        case .stream: "read this stream"
        case .rules: "read or change the stream's rules"
        case .posts: "look posts up"
        case .usage: "read its usage"
        }
    }

    /// What to check after a 400.
    var badRequestAdvice: String {
        switch self {
        case .stream: "; check --fields and --expansions"
        case .rules: "; check the rules"
        case .posts: "; check --fields, --lookup-expansions and --fields-parameter"
        case .usage: ""
        }
    }
}
