internal import AWS
internal import HTTPClient

/// Compares an object in the bucket with what it should hold: by the checksum that S3 keeps, else by its bytes.
struct S3Comparison {
    enum Result {
        case equal
        case different
        case absent
        case failed(CallResult)
    }

    private let bucket: S3Bucket
    private let fault: S3Fault
    private let control: CallControl

    init(_ bucket: S3Bucket, _ fault: S3Fault, _ control: CallControl) {
        self.bucket = bucket
        self.fault = fault
        self.control = control
    }

    /// - Parameter checksum: that of the whole object, in the form that S3 gives it.
    func look(at upload: S3Upload, _ checksum: String) throws -> Result {
        let parts = upload.state.inOrder
        let head = try ask("HEAD", upload.key, [("x-amz-checksum-mode", "ENABLED")])
        if head.status == 404 { return .absent }
        guard head.status == 200 else { return .failed(fault.unreadable(upload.key, head)) }
        let size = head.head.header("content-length").flatMap { Int($0) }
        guard size == parts.reduce(0, { $0 + $1.byteCount }) else { return .different }
        if let theirs = head.head.header(S3Checksum.field) {
            if theirs == checksum { return .equal }
            // One of parts of other sizes has another checksum for the same bytes.
            if theirs.contains("-") == checksum.contains("-"), parts.count == 1 { return .different }
        }
        return try read(upload, parts)
    }

    private func read(_ upload: S3Upload, _ parts: [S3Upload.Part]) throws -> Result {
        var start = 0
        for part in parts {
            let reply = try ask("GET", upload.key, [("range", "bytes=\(start)-\(start + part.byteCount - 1)")])
            if reply.status == 404 { return .absent }
            guard [200, 206].contains(reply.status) else { return .failed(fault.unreadable(upload.key, reply)) }
            guard S3Checksum(reply.body) == part.checksum else { return .different }
            start += part.byteCount
        }
        return .equal
    }

    private func ask(_ method: String, _ key: String, _ headers: [(name: String, value: String)]) throws -> AWSReply {
        try bucket.send(
            method,
            key,
            headers: headers,
            waker: control.waker,
            isCancelled: { control.isCancelled }
        )
    }
}
