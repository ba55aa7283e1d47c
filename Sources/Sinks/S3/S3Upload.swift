internal import AWS
internal import Synchronization

/// An object on its way into the bucket; shared by the threads that make its requests.
final class S3Upload: Sendable {
    /// A part that S3 has, or that is compared with what S3 has.
    struct Part {
        let checksum: S3Checksum
        let byteCount: Int
        let tag: String
    }

    struct State {
        /// Of an upload in parts: S3's name for it.
        var id: String?
        /// Parts by their number, from 1.
        var parts: [Int: Part] = [:]
        /// Whether the object was there when its upload was to begin: then nothing is sent, and it is compared.
        var isFound = false
        /// Whether the object is in the bucket, and holds what it should.
        var isDone = false
        /// Why it can never become one: somebody ended the upload.
        var loss: String?
    }

    let key: String
    let contentType: String
    private let shared = Mutex(State())

    init(_ key: String, _ contentType: String) {
        self.key = key
        self.contentType = contentType
    }

    var state: State { shared.withLock { $0 } }

    func change(_ body: (inout State) -> Void) { shared.withLock { body(&$0) } }
}

extension S3Upload.State {
    /// All parts, in order.
    var inOrder: [S3Upload.Part] { parts.keys.sorted().compactMap { parts[$0] } }

    /// The bytes of all parts.
    var byteCount: Int { parts.values.reduce(0) { $0 + $1.byteCount } }

    /// The body that makes an object of the parts.
    var completion: [UInt8] {
        let parts = parts.keys.sorted().compactMap { number in
            self.parts[number].map { part in
                "<Part><PartNumber>\(number)</PartNumber><ETag>\(part.tag)</ETag>"
                    + "<ChecksumSHA256>\(part.checksum.text)</ChecksumSHA256></Part>"
            }
        }
        return Array(
            ("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
                + "</CompleteMultipartUpload>").utf8
        )
    }
}

/// One request of an upload.
struct S3Request: Sendable {
    enum Kind: Sendable {
        /// The whole object.
        case put
        /// Begins an upload in parts.
        case begin
        /// The part of a number, from 1.
        case part(Int)
        /// Makes the object of the parts.
        case complete
    }

    let kind: Kind
    let upload: S3Upload
    var body: [UInt8] = []
}

/// The requests that are under way or wait, by their numbers; from any thread.
final class S3Queue: Sendable {
    private let requests = Mutex<[UInt64: S3Request]>([:])

    func add(_ request: S3Request, as number: UInt64) { requests.withLock { $0[number] = request } }

    func request(_ number: UInt64) -> S3Request? { requests.withLock { $0[number] } }

    /// Forgets a request that was answered, and its body with it.
    func remove(_ number: UInt64) { _ = requests.withLock { $0.removeValue(forKey: number) } }
}
