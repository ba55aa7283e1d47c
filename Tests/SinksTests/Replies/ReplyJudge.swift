import Failures
import Foundation
import JSON
import TestSupport
import Time
import Transform

@testable import Sinks

/// What a call may make of the body of a `_bulk` reply, told by a second reader.
///
/// A document counts as accepted, stale or refused only where the reply says so, in words that say nothing else, at exactly
/// its place, and under its id where there is one; a reply that leaves any doubt sends the whole call again.
struct ReplyJudge {
    /// The documents of the call that the replies in Tests/Fixtures/bulk answer.
    static let ids = ["311", "312", "311", "311", "313", "314"]
    let batch: DocumentBatch
    private let numbers: [Int32]

    struct Wrong: Error, CustomStringConvertible { let description: String }

    /// What the second reader finds at one place.
    private struct Item {
        var status: Int
        var id: String?
        var type = ""
    }

    init() {
        let batch = DocumentBatch()
        for (ordinal, id) in ReplyJudge.ids.enumerated() {
            let record = #"{"data":{"id":"\#(id)","text":"a cat"},"matching_rules":[{"id":"1","tag":"cats"}]}"#
            let bytes = Array(record.utf8) + [UInt8](repeating: 0, count: DefaultTransform.padding)
            bytes.withUnsafeBytes { bytes in
                _ = DefaultTransform().transform(
                    UnsafeRawBufferPointer(rebasing: bytes.dropLast(DefaultTransform.padding)),
                    offset: UInt64(ordinal),
                    arrival: .init(microseconds: 1_780_000_000_000_000),
                    ordinal: ordinal,
                    into: batch
                )
            }
        }
        precondition(batch.documents.count == ReplyJudge.ids.count)
        self.batch = batch
        numbers = batch.documents.indices.map(Int32.init)
    }

    /// What the code under test makes of a body; nil where it asks for the whole call again.
    func result(_ body: [UInt8]) -> CallResult? {
        guard let reply = BulkReply(body), reply.isAbout(batch, numbers) else { return nil }
        return reply.result(alias: "posts")
    }

    /// Judges a body; returns whether it was read.
    ///
    /// - Throws: `Wrong` where something was invented, or a good reply was not understood.
    @discardableResult
    func judge(_ body: [UInt8]) throws -> Bool {
        let text = ReferenceJSON.parse(body)
        let items = text.flatMap { ReplyJudge.items(of: $0.value) }
        let isClear = items.map { items in
            items.count == ReplyJudge.ids.count
                && zip(items, ReplyJudge.ids).allSatisfy { $0.id == nil || $0.id == $1 }
        }
        switch result(body) {
        case nil:
            if isClear == true, text?.isStrict == true { throw wrong("a good reply is not read", body) }
            return false
        case .outcomes(let outcomes):
            guard isClear == true, let items, outcomes.count == items.count else {
                throw wrong("outcomes out of what is no clear reply", body)
            }
            for (item, outcome) in zip(items, outcomes) where outcome != ReplyJudge.outcome(item, like: outcome) {
                throw wrong("status \(item.status) \(item.type) became \(outcome)", body)
            }
            return true
        case .failed(let cause, let reason, nil) where cause.kind == .operatorNeeded:
            guard isClear == true, items?.contains(where: { reason.contains("(\($0.type): ") }) == true else {
                throw wrong("a fault that no item has", body)
            }
            return true
        case let other?: throw wrong("\(other)", body)
        }
    }

    private func wrong(_ what: String, _ body: [UInt8]) -> Wrong {
        Wrong(description: "\(what): \(String(decoding: body.prefix(3_000), as: UTF8.self))")
    }

    /// By the documented rule; the reason's words are not compared.
    private static func outcome(_ item: Item, like other: DocumentOutcome) -> DocumentOutcome {
        if [200, 201].contains(item.status) { return .accepted }
        if item.status == 409 { return .stale }
        let own = [
            "mapper_parsing_exception", "document_parsing_exception", "strict_dynamic_mapping_exception",
            "illegal_argument_exception", "parsing_exception", "x_content_parse_exception", "input_coercion_exception",
        ]
        guard item.status == 413 || item.status == 400 && own.contains(item.type) else { return .retry }
        if case .rejected = other { return other }
        return .rejected(reason: "")
    }

    /// The items of a reply that is one object with one `items`, an action in each, a status in that; nil for any other.
    private static func items(of reply: ReferenceJSON.Value) -> [Item]? {
        func only(_ name: String, in value: ReferenceJSON.Value) -> ReferenceJSON.Value?? {
            guard let members = value.members else { return nil }
            let found = members.filter { $0.name == Array(name.utf8) }
            return found.count > 1 ? nil : .some(found.first?.value)
        }
        guard case .some(let list?) = only("items", in: reply), let elements = list.elements else { return nil }
        var items: [Item] = []
        for element in elements {
            guard let actions = element.members, actions.count == 1,
                case .some(let status?) = only("status", in: actions[0].value), let number = status.number,
                let id = only("_id", in: actions[0].value), let error = only("error", in: actions[0].value)
            else { return nil }
            var item = Item(status: number)
            if let id {
                guard case .string(let raw) = id else { return nil }
                item.id = text(raw)
            }
            if let error {
                guard let type = only("type", in: error) else { return nil }
                if case .string(let raw)? = type { item.type = text(raw) }
            }
            items.append(item)
        }
        return items
    }

    /// Escapes resolved as everywhere, broken ones too.
    private static func text(_ raw: [UInt8]) -> String { raw.withUnsafeBytes { JSONString.decode($0) } }

    /// Replies of real engines (OpenSearch 2.19.6, Elasticsearch 8.19.8) to one call each: as Reprise asks for them, with
    /// results as a rebuild does, and whole.
    static func replies() throws -> [(name: String, body: [UInt8])] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/bulk")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0))))
        }
    }
}
