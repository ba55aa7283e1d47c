internal import AWS
internal import Failures
internal import HTTPClient

/// An object in parts: begun, sent part by part, and completed.
extension S3Requests {
    func begin(_ upload: S3Upload, _ control: CallControl) throws -> CallResult? {
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

    func part(
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

    func complete(_ upload: S3Upload, _ control: CallControl) throws -> CallResult? {
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
}
