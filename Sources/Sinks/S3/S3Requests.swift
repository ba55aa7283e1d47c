internal import AWS
internal import Failures
internal import HTTPClient

/// The requests that make an object, over one connection; each may be sent any number of times.
final class S3Requests {
    private let bucket: S3Bucket
    private let fault: S3Fault
    private let onNotice: @Sendable (String) -> Void
    private let count: @Sendable ((inout S3Totals) -> Void) -> Void

    /// What is there already stays: whoever comes second is told so, and compares.
    private static let ifNew = (name: "if-none-match", value: "*")

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

    private func ask(
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

    private func begin(_ upload: S3Upload, _ control: CallControl) throws -> CallResult? {
        if try ask("HEAD", upload.key, control).status == 200 {
            upload.change { $0.isFound = true }
            return nil
        }
        if let failure = try endLeftOvers(of: upload.key, control) { return failure }
        let headers: [(name: String, value: String)] = [
            ("content-type", upload.contentType), ("x-amz-checksum-algorithm", "SHA256"),
        ]
        let reply = try ask("POST", upload.key, query: [("uploads", "")], headers: headers, control)
        guard reply.status == 200 else { return fault.result(of: reply) }
        guard let id = S3Answer.uploadID(reply.body) else {
            return .failed(.serverFault, reason: "the answer to a new upload names no upload")
        }
        upload.change { $0.id = id }
        return nil
    }

    /// Ends what a killed process has left of the same object: an object has one writer.
    private func endLeftOvers(of key: String, _ control: CallControl) throws -> CallResult? {
        let list = try ask("GET", nil, query: [("uploads", ""), ("prefix", key)], control)
        guard list.status == 200 else {
            guard case .failed(let cause, _, _) = fault.result(of: list), cause.kind != .retry else {
                return fault.result(of: list)
            }
            onNotice(
                "uploads that a killed process left in \(fault.address) cannot be looked for (\(list.text)); a lifecycle rule of the "
                    + "bucket, AbortIncompleteMultipartUpload, ends them"
            )
            return nil
        }
        for id in S3Answer.uploads(of: key, in: list.body) {
            let reply = try ask("DELETE", key, query: [("uploadId", id)], control)
            guard reply.status < 300 || reply.status == 404 else { return fault.result(of: reply) }
            count { $0.leftOvers += 1 }
            onNotice("ended an upload of \(key) that was begun and never completed")
        }
        return nil
    }

    private func part(
        _ number: Int,
        of upload: S3Upload,
        _ body: [UInt8],
        _ control: CallControl
    ) throws -> CallResult? {
        let checksum = S3Checksum(body)
        func note(_ tag: String) {
            upload.change { $0.parts[number] = .init(checksum: checksum, byteCount: body.count, tag: tag) }
        }
        guard let id = upload.state.id else {
            note("")
            return nil
        }
        let reply = try ask(
            "PUT",
            upload.key,
            query: [("partNumber", "\(number)"), ("uploadId", id)],
            // libcurl would call it a form.
            headers: [("content-type", upload.contentType), (S3Checksum.field, checksum.text)],
            body: body,
            control
        )
        if reply.status == 404, reply.problem?.code == "NoSuchUpload" {
            lose(upload)
            return nil
        }
        guard reply.status == 200 else { return fault.result(of: reply) }
        guard let tag = reply.head.header("etag") else {
            return .failed(.serverFault, reason: "the answer to a part names no ETag")
        }
        note(tag)
        return nil
    }

    private func complete(_ upload: S3Upload, _ control: CallControl) throws -> CallResult? {
        let state = upload.state
        let checksum = S3Checksum.text(ofParts: state.inOrder.map(\.checksum))
        guard let id = state.id else { return try compare(upload, checksum, control) }
        let reply = try ask(
            "POST",
            upload.key,
            query: [("uploadId", id)],
            headers: [("content-type", "application/xml"), S3Requests.ifNew],
            body: state.completion,
            control
        )
        switch (reply.status, AWSProblem(reply.body)?.code) {
        // A success may turn into an error while S3 puts the parts together.
        case (200, nil): return finish(upload, isFound: false)
        case (200, let code?): return .failed(.serverFault, reason: "S3 did not complete an upload (\(code))")
        case (412, _):
            abort(upload) { control.isCancelled }
            return try compare(upload, checksum, control)
        // Completed by a request whose answer was lost, or ended by somebody.
        case (404, "NoSuchUpload"): return try compare(upload, checksum, control)
        default: return fault.result(of: reply)
        }
    }

    private func lose(_ upload: S3Upload) {
        upload.change { $0.loss = "the upload of \(upload.key) was ended by somebody else; it is made again" }
    }

    private func finish(_ upload: S3Upload, isFound: Bool) -> CallResult? {
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
    private func compare(_ upload: S3Upload, _ checksum: String, _ control: CallControl) throws -> CallResult? {
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
