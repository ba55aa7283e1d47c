import Foundation
import Lambda
import Testing

/// A result of a response, its data decoded.
struct GivenResult: Equatable {
    var id: String
    var result: String
    var data: String?
}

/// Makes an event of records' data, and reads responses.
enum Event {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("data/events")

    /// An event whose records hold these texts; their ids count from r0, their times from a second on.
    static func of(_ data: [String]) -> [UInt8] {
        let records = data.enumerated().map { place, text in
            """
            {"recordId":"r\(place)","approximateArrivalTimestamp":\(1_780_000_000_123 + place),\
            "data":"\(Data(text.utf8).base64EncodedString())"}
            """
        }
        return Array(#"{"invocationId":"i","records":[\#(records.joined(separator: ","))]}"#.utf8)
    }

    /// A post as the stream sends it.
    static func post(_ id: Int, text: String = "a cat") -> String {
        #"{"data":{"id":"\#(id)","text":"\#(text)","public_metrics":{"like_count":7}},"matching_rules":[{"tag":"cats"}]}"#
    }

    static func results(_ body: [UInt8]) throws -> [GivenResult] {
        let object = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(Array(object.keys) == ["records"])
        return try #require(object["records"] as? [[String: String]]).map { record in
            let data = try record["data"].map {
                String(decoding: try #require(Data(base64Encoded: $0)), as: UTF8.self)
            }
            return GivenResult(id: record["recordId"] ?? "", result: record["result"] ?? "", data: data)
        }
    }

    static func results(of event: [UInt8], limit: Int = EventTransform.responseByteLimit) throws -> [GivenResult] {
        try results(EventTransform(responseByteLimit: limit).respond(to: event).body)
    }
}
