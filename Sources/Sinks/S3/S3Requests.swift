internal import AWS
internal import Failures
internal import HTTPClient

/// The requests that make an object, over one connection; each may be sent any number of times.
final class S3Requests {
    let bucket: S3Bucket
    let fault: S3Fault
    let onNotice: @Sendable (String) -> Void
    let count: @Sendable ((inout S3Totals) -> Void) -> Void

    /// What is there already stays: whoever comes second is told so, and compares.
    static let ifNew = (name: "if-none-match", value: "*")

    init(
        _ bucket: S3Bucket,
        _ fault: S3Fault,
        onNotice: @escaping @Sendable (String) -> Void,
        count: @escaping @Sendable ((inout S3Totals) -> Void) -> Void
    ) {
        self.bucket = bucket
        self.fault = fault
        self.onNotice = onNotice
        self.count = count
    }

    /// Sends a request.
    ///
    /// - Returns: nil where it was done, or can never be done, which the upload then says; else what is to be done about it.
    /// - Throws: `AWSError` where there are no credentials, or no answer.
    func send(_ request: S3Request, _ control: CallControl) throws -> CallResult? {
        let upload = request.upload
        // Somebody has ended the upload, so that nothing of it can succeed any more.
        if upload.state.loss != nil { return nil }
        return switch request.kind {
        case .put: try put(upload, request.body, control)
        case .begin: try begin(upload, control)
        case .part(let number): try part(number, of: upload, request.body, control)
        case .complete: try complete(upload, control)
        }
    }

    /// Ends an upload in parts, so that nobody pays for them; a failure only leaves them to whoever comes next.
    func abort(_ upload: S3Upload, isCancelled: () -> Bool) {
        guard let id = upload.state.id, !upload.state.isDone else { return }
        _ = try? bucket.send("DELETE", upload.key, query: [("uploadId", id)], isCancelled: isCancelled)
    }

    func ask(
        _ method: String,
        _ key: String?,
        query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        _ control: CallControl
    ) throws -> AWSReply {
        try bucket.send(
            method,
            key,
            query: query,
            headers: headers,
            body: body,
            waker: control.waker,
            isCancelled: { control.isCancelled }
        )
    }

    private func put(_ upload: S3Upload, _ body: [UInt8], _ control: CallControl) throws -> CallResult? {
        let part = S3Upload.Part(checksum: S3Checksum(body), byteCount: body.count, tag: "")
        upload.change { $0.parts = [1: part] }
        let headers: [(name: String, value: String)] = [
            ("content-type", upload.contentType), S3Requests.ifNew, (S3Checksum.field, part.checksum.text),
        ]
        let reply = try ask("PUT", upload.key, headers: headers, body: body, control)
        switch reply.status {
        case 200: return finish(upload, isFound: false)
        case 412: return try compare(upload, part.checksum.text, control)
        default: return fault.result(of: reply)
        }
    }

    func lose(_ upload: S3Upload) {
        upload.change { $0.loss = "the upload of \(upload.key) was ended by somebody else; it is made again" }
    }

    func finish(_ upload: S3Upload, isFound: Bool) -> CallResult? {
        let bytes = upload.state.byteCount
        upload.change { $0.isDone = true }
        count { totals in
            totals.objects += 1
            totals.bytes += bytes
            if isFound { totals.found += 1 }
        }
        return nil
    }

    /// Compares what is there with what should be: equal is as good as written.
    func compare(_ upload: S3Upload, _ checksum: String, _ control: CallControl) throws -> CallResult? {
        switch try S3Comparison(bucket, fault, control).look(at: upload, checksum) {
        case .equal: return finish(upload, isFound: true)
        case .different: return fault.conflict(upload.key)
        case .absent where upload.state.id == nil && !upload.state.isFound:
            return .failed(.serverFault, reason: "\(upload.key) was there, and was deleted meanwhile")
        case .absent:
            // Its parts are not in memory any more.
            lose(upload)
            return nil
        case .failed(let failure): return failure
        }
    }
}
