/// The people who write the generator's posts: each number is one person for ever, whatever the seed.
enum Authors {
    static let count = 50_000

    private static let first = [
        "sunny", "tiny", "mad", "lazy", "royal", "pixel", "dr", "the", "real", "not", "coffee", "night", "north",
        "little",
        "happy", "grumpy",
    ]
    private static let second = [
        "panda", "maria", "kev", "otter", "yuki", "sam", "fox", "jules", "baker", "moon", "tom", "ana", "wren", "lee",
        "robin",
        "max",
    ]

    /// A person drawn so that a few write much and most write once.
    static func draw(with random: inout SeededGenerator) -> Int {
        let unit = random.unit()
        return min(Int(Double(count) * unit * unit * unit), count - 1)
    }

    /// The person's id: short for early accounts, long for late ones.
    static func id(_ author: Int) -> UInt64 {
        let mixed = SeededGenerator.mixed(UInt64(author) &+ 0xA0)
        return mixed & 1 == 0
            ? 10_000 + mixed % 4_000_000_000 : 700_000_000_000_000_000 + mixed % 1_000_000_000_000_000_000
    }

    /// The persons by their ids.
    static let numbers = Dictionary((0..<count).map { (id($0), $0) }, uniquingKeysWith: { first, _ in first })

    /// The person's handle, without the `@`.
    static func handle(_ author: Int) -> String {
        let mixed = SeededGenerator.mixed(UInt64(author) &+ 0xB0)
        let name = first[Int(mixed % 16)] + (mixed & 32 == 0 ? "_" : "") + second[Int(mixed >> 8 % 16)]
        return name + String(mixed >> 16 % 10_000)
    }
}
