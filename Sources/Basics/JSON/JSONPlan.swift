internal import CSimdJSON

/// What is wanted from JSON documents: a tree of member names whose leaves are slots.
public struct JSONPlan: Sendable {
    /// What a member is expected to be.
    public enum Kind: Sendable {
        /// A string; its raw content goes to the slot.
        case string
        /// A whole number of 64 bits.
        case integer
        /// Anything but null; only its presence counts.
        case present
        /// An object, whose members go on.
        case object([Member])
        /// An array of objects; the strings wanted of each become a list.
        case each([Member])
        /// An array; of each element its bytes, which another extractor may read, become a list.
        case items
    }

    /// A member that is wanted.
    public struct Member: Sendable {
        /// Its name, without escapes.
        public let name: String
        /// What it is.
        public let kind: Kind
        /// The slot of its value; nil for objects and arrays.
        public let slot: Int?

        /// Makes a member; a slot belongs to one member.
        public init(_ name: String, _ kind: Kind, slot: Int? = nil) {
            self.name = name
            self.kind = kind
            self.slot = slot
        }
    }

    /// The members wanted of the document itself.
    public let members: [Member]

    /// Makes a plan.
    public init(_ members: [Member]) { self.members = members }

    /// One more than the highest slot.
    var slotCount: Int { JSONPlan.highestSlot(members) + 1 }

    private static func highestSlot(_ members: [Member]) -> Int {
        members.map { member in
            switch member.kind {
            case .object(let inner), .each(let inner): max(member.slot ?? -1, highestSlot(inner))
            default: member.slot ?? -1
            }
        }.max() ?? -1
    }
}

/// A plan as C structs, which live as long as this does.
final class CompiledPlan {
    private(set) var nodes: UnsafeMutableBufferPointer<reprise_json_node>
    private var owned: [UnsafeMutableRawPointer] = []

    init(_ plan: JSONPlan) {
        nodes = UnsafeMutableBufferPointer(start: nil, count: 0)
        nodes = compile(plan.members)
    }

    deinit { for memory in owned { memory.deallocate() } }

    private func compile(_ members: [JSONPlan.Member]) -> UnsafeMutableBufferPointer<reprise_json_node> {
        let nodes = UnsafeMutableBufferPointer<reprise_json_node>.allocate(capacity: max(1, members.count))
        if let base = nodes.baseAddress { owned.append(UnsafeMutableRawPointer(base)) }
        for (index, member) in members.enumerated() {
            let name = Array(member.name.utf8)
            let key = UnsafeMutablePointer<CChar>.allocate(capacity: name.count + 1)
            owned.append(UnsafeMutableRawPointer(key))
            for (place, byte) in name.enumerated() { key[place] = CChar(bitPattern: byte) }
            key[name.count] = 0
            var children = UnsafeMutableBufferPointer<reprise_json_node>(start: nil, count: 0)
            let kind: reprise_json_kind
            switch member.kind {
            case .string: kind = REPRISE_JSON_STRING
            case .integer: kind = REPRISE_JSON_INTEGER
            case .present: kind = REPRISE_JSON_PRESENT
            case .items: kind = REPRISE_JSON_ITEMS
            case .object(let inner):
                kind = REPRISE_JSON_OBJECT
                children = compile(inner)
            case .each(let inner):
                kind = REPRISE_JSON_EACH
                for element in inner {
                    guard case .string = element.kind else {
                        preconditionFailure("of each element only strings can be wanted: \(element.name)")
                    }
                }
                children = compile(inner)
            }
            let isLeaf = children.baseAddress == nil
            precondition(isLeaf == false || member.slot != nil, "a value needs a slot: \(member.name)")
            nodes.baseAddress?.advanced(by: index).initialize(
                to: reprise_json_node(
                    key: key,
                    key_length: name.count,
                    kind: kind,
                    slot: CInt(member.slot ?? -1),
                    children: children.baseAddress,
                    child_count: children.count
                )
            )
        }
        return UnsafeMutableBufferPointer(rebasing: nodes[0..<members.count])
    }
}
