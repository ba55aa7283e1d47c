public import AWS
internal import Failures
internal import JSON
internal import Lifecycle

/// What is checked of a delivery stream before anything is put into it.
public struct FirehoseSetup {
    private let client: AWSClient
    private let connection: AWSConnection
    private let address: FirehoseAddress

    /// Destinations that take records as bytes, so that several lines in one arrive as several lines.
    private static let packable: Set = [
        "S3DestinationDescription", "ExtendedS3DestinationDescription", "HttpEndpointDestinationDescription",
    ]

    /// Makes a setup; nothing is asked yet.
    ///
    /// - Throws: `AWSError`.
    public init(_ address: FirehoseAddress, _ connection: AWSConnection) throws {
        self.address = address
        self.connection = connection
        client = try AWSClient("firehose", connection)
    }

    /// Checks that there are credentials, and where records are to hold several documents, that the stream's destination takes that.
    ///
    /// - Parameter isCancelled: asked several times a second; true ends the check.
    /// - Throws: `SinkError`: `refused` for what somebody has to put right, `unavailable` for what may pass.
    public func check(_ options: FirehoseOptions, isCancelled: () -> Bool) throws {
        do {
            _ = try connection.credentials.current(isCancelled: isCancelled)
            if options.packByteCount != nil { try checkDestination(isCancelled) }
        } catch let error as AWSError {
            throw SinkError("\(address)", error)
        }
    }

    private func checkDestination(_ isCancelled: () -> Bool) throws {
        let reply = try client.send(
            "POST",
            headers: [
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "Firehose_20150804.DescribeDeliveryStream"),
            ],
            body: Array(#"{"DeliveryStreamName":"\#(address.stream)"}"#.utf8),
            isCancelled: isCancelled
        )
        guard reply.status == 200 else {
            let fault = FirehoseFault(stream: address.stream, region: connection.region)
            if ["AccessDeniedException", "AccessDenied"].contains(reply.problem?.code) {
                throw SinkError(
                    .refused,
                    "\(address): --pack looks where the stream delivers to, and these credentials may not (\(reply.text)); "
                        + "allow firehose:DescribeDeliveryStream on it, or leave --pack out",
                    cause: .permission
                )
            }
            guard case .failed(let cause, let reason, _) = fault.result(of: reply) else {
                throw SinkError(.unavailable, "\(address): \(reply.text)")
            }
            throw SinkError(cause.kind == .retry ? .unavailable : .refused, "\(address): \(reason)", cause: cause)
        }
        let description = JSONValue.parse(reply.body)?["DeliveryStreamDescription"]
        for destination in description?["Destinations"]?.elements ?? [] {
            guard case .object(let members) = destination else { continue }
            let other = members.keys.sorted().first {
                $0.hasSuffix("DestinationDescription") && !FirehoseSetup.packable.contains($0)
            }
            guard let other else { continue }
            throw SinkError(
                .refused,
                "\(address): --pack puts several documents into a record, and this stream delivers to "
                    + "\(other.dropLast("DestinationDescription".count)), which takes one document a record; leave --pack out"
            )
        }
    }
}
