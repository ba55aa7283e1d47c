/// A place in a bucket of Amazon S3, as it is written on the command line: `s3:BUCKET/PREFIX`.
public struct S3Address: Sendable, Equatable, CustomStringConvertible {
    /// The bucket's name.
    public let bucket: String
    /// What the keys of all objects begin with, without a slash at either end; may be empty.
    public let prefix: String

    /// The address as it is written.
    public var description: String { prefix.isEmpty ? "s3:\(bucket)" : "s3:\(bucket)/\(prefix)" }

    /// A key below the prefix.
    func key(_ rest: String) -> String { prefix.isEmpty ? rest : "\(prefix)/\(rest)" }

    /// Reads what stands behind `s3:`; `s3://BUCKET/PREFIX` too, as other programs write it.
    ///
    /// - Throws: `SinkError` with code `address` for what no bucket can be called, or a prefix with empty or dotted parts.
    public init(_ target: String) throws(SinkError) {
        var rest = target[...]
        if rest.hasPrefix("//") { rest = rest.dropFirst(2) }
        let bucket = String(rest.prefix { $0 != "/" })
        var prefix = String(rest.dropFirst(bucket.count + 1))
        while prefix.hasSuffix("/") { prefix.removeLast() }
        func isOfName(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 97...122, 45, 46: true
            default: false
            }
        }
        guard (3...63).contains(bucket.utf8.count), bucket.utf8.allSatisfy(isOfName), bucket.first != "-",
            bucket.first != ".", bucket.last != "-", bucket.last != ".", !bucket.contains("..")
        else {
            throw SinkError(
                .address,
                "'s3:\(target)' names no bucket: write s3:BUCKET/PREFIX, where a bucket's name has 3 to 63 lower-case letters, digits, "
                    + "'.' or '-'; the region comes from AWS_REGION"
            )
        }
        let parts = prefix.split(separator: "/", omittingEmptySubsequences: false)
        let isGood = prefix.isEmpty || parts.allSatisfy { !["", ".", ".."].contains($0) }
        guard isGood, prefix.utf8.count <= 700, prefix.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw SinkError(
                .address,
                "the prefix of 's3:\(bucket)/…' must be parts between single slashes, none of them '.' or '..', 700 bytes at most"
            )
        }
        self.bucket = bucket
        self.prefix = prefix
    }
}

/// What a bucket gets, and in which form.
public struct S3Options: Sendable, Equatable {
    /// How objects are compressed.
    public enum Compression: String, Sendable, CaseIterable {
        /// A zstd frame an object.
        case zstd
        /// A gzip member an object.
        case gzip
        /// Not at all.
        case none

        /// What stands behind a name's `.ndjson`.
        var suffix: String {
            switch self {
            case .zstd: ".zst"
            case .gzip: ".gz"
            case .none: ""
            }
        }

        /// What an object is.
        var contentType: String {
            switch self {
            case .zstd: "application/zstd"
            case .gzip: "application/gzip"
            case .none: "application/x-ndjson"
            }
        }
    }

    /// How long each object's time is; a day is a whole number of them.
    public var window = Duration.seconds(900)
    /// How objects are compressed.
    public var compression = Compression.zstd
    /// Whether documents of lookups and deletions are put besides sightings.
    public var includesRefreshes = false

    /// Makes options: sightings, a quarter of an hour an object, zstd.
    public init() {}

    /// Whether a time can be a window: whole seconds, of which a day is a multiple.
    public static func isWindow(_ window: Duration) -> Bool {
        let (seconds, rest) = window.components
        return rest == 0 && (1...86_400).contains(seconds) && 86_400 % seconds == 0
    }
}

/// What a delivery to S3 has come to besides its documents' outcomes.
public struct S3Totals: Sendable, Equatable {
    /// Objects that are there and hold what they should.
    public var objects = 0
    /// Those of them that were there already.
    public var found = 0
    /// Bytes of all of them.
    public var bytes = 0
    /// Uploads of killed processes that were ended.
    public var leftOvers = 0

    /// Makes totals of nothing.
    public init() {}

    /// These and others together.
    public func adding(_ more: S3Totals) -> S3Totals {
        var sum = self
        sum.objects += more.objects
        sum.found += more.found
        sum.bytes += more.bytes
        sum.leftOvers += more.leftOvers
        return sum
    }
}
