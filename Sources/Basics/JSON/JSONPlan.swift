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
    private(set) var members: UnsafePointer<reprise_json_members>
    private var owned: [UnsafeMutableRawPointer] = []

    init(_ plan: JSONPlan) {
        let empty = UnsafeMutablePointer<reprise_json_members>.allocate(capacity: 1)
        owned.append(empty)
        members = UnsafePointer(empty)
        members = compile(plan.members)
    }

    deinit { for memory in owned { memory.deallocate() } }

    private func compile(_ members: [JSONPlan.Member]) -> UnsafePointer<reprise_json_members> {
        let nodes = UnsafeMutablePointer<reprise_json_node>.allocate(capacity: max(1, members.count))
        owned.append(nodes)
        for (index, member) in members.enumerated() {
            var children: UnsafePointer<reprise_json_members>?
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
            precondition(children != nil || member.slot != nil, "a value needs a slot: \(member.name)")
            (nodes + index).initialize(
                to: reprise_json_node(
                    key: key(member.name),
                    key_length: member.name.utf8.count,
                    kind: kind,
                    slot: CInt(member.slot ?? -1),
                    children: children,
                    alike: 0
                )
            )
        }
        let compiled = UnsafeMutablePointer<reprise_json_members>.allocate(capacity: 1)
        owned.append(compiled)
        compiled.initialize(to: reprise_json_members())
        compiled.pointee.nodes = nodes
        compiled.pointee.count = members.count
        reprise_json_index(compiled)
        return UnsafePointer(compiled)
    }

    /// A name with zeros behind it, so that its last bytes are read eight at a time.
    private func key(_ name: String) -> UnsafePointer<CChar> {
        let bytes = Array(name.utf8)
        let key = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 8)
        owned.append(key)
        key.initialize(repeating: 0, count: bytes.count + 8)
        for (place, byte) in bytes.enumerated() { key[place] = CChar(bitPattern: byte) }
        return UnsafePointer(key)
    }
}
