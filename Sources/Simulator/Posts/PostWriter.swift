/// Writes the text of posts, and says what in them a rule can match.
struct PostWriter {
    private static let fillers = [
        "#caturday", "#cutenessoverload", "#pets", "#photography", "#FridayFeeling", "#adoptdontshop", "#nature",
        "#love",
        "#aww", "#weekend",
    ]

    /// Fills in language, text and media for a rule's terms, and adds the terms that chance adds.
    func write(_ post: inout GeneratedPost, _ terms: inout [String], with random: inout SeededGenerator) {
        let subject = PostTexts.Subject(terms: terms)
        // Now and then a post shows both animals, or a picture beside a video; then a second rule matches it.
        if subject != .other, random.happens(perMille: 15) { terms.append(subject == .cat ? "#dog" : "#cat") }
        if random.happens(perMille: 12) {
            terms.append(terms.contains("has:videos") ? "has:images" : "has:videos")
        }
        if random.happens(perMille: 250) { terms.append(random.element(of: Self.fillers)) }

        post.text.reserveCapacity(320)
        sentence(&post, subject, lang: terms.first { $0.hasPrefix("lang:") }.map { String($0.dropFirst(5)) }, &random)
        if random.happens(perMille: 350) { append(" " + random.element(of: PostTexts.emoji), to: &post) }
        for term in terms { append(words(for: term), to: &post) }
        media(&post, terms, &random)
    }

    /// What a repost's text looks like: the name, then as much as fits into 140 characters.
    func repostText(of handle: String, _ text: [UInt8]) -> [UInt8] {
        var repost = Array("RT @\(handle): ".utf8)
        var left = 140 - repost.count
        for byte in text {
            // Bytes that continue a character cost nothing.
            if byte & 0xC0 != 0x80 { left -= 1 }
            if left == 0 {
                repost.append(contentsOf: "…".utf8)
                break
            }
            repost.append(byte)
        }
        return repost
    }

    /// What rules can match in a post, lower case.
    func features(of post: GeneratedPost, terms: [String], withWords: Bool) -> [String] {
        var features = terms.map { $0.lowercased() }
        if !post.mediaKeys.isEmpty { features.append("has:media") }
        features.append("lang:" + post.lang)
        for reference in post.references {
            switch reference.kind {
            case .retweeted: features.append("is:retweet")
            case .quoted: features.append("is:quote")
            case .repliedTo: features.append("is:reply")
            }
        }
        guard withWords else { return features }
        let text = String(decoding: post.text, as: UTF8.self).lowercased()
        features += text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return features
    }

    // MARK: - Internal

    private func append(_ text: String, to post: inout GeneratedPost) {
        post.text.append(contentsOf: text.utf8)
    }

    private func sentence(
        _ post: inout GeneratedPost,
        _ subject: PostTexts.Subject,
        lang: String?,
        _ random: inout SeededGenerator
    ) {
        if let language = language(lang, &random) {
            post.lang = language.code
            fill(&post, random.element(of: language.sentences), language.animals[subject.rawValue], &random)
        } else {
            post.lang = lang ?? "en"
            append(random.element(of: PostTexts.openings) + " ", to: &post)
            fill(&post, random.element(of: PostTexts.middles), PostTexts.animals[subject.rawValue], &random)
            append(random.element(of: PostTexts.endings), to: &post)
        }
    }

    /// A language other than English, where the rule or chance wants one.
    private func language(_ code: String?, _ random: inout SeededGenerator) -> PostTexts.Language? {
        if let code { return PostTexts.languages.first { $0.code == code } }
        var place = random.index(below: 1_000)
        for language in PostTexts.languages {
            place -= language.perMille
            if place < 0 { return language }
        }
        return nil
    }

    private func fill(
        _ post: inout GeneratedPost,
        _ sentence: String,
        _ animals: [String],
        _ random: inout SeededGenerator
    ) {
        var bytes = sentence.utf8[...]
        while let brace = bytes.firstIndex(of: UInt8(ascii: "{")) {
            post.text.append(contentsOf: bytes[..<brace])
            let letter = bytes.index(after: brace)
            append(random.element(of: bytes[letter] == UInt8(ascii: "a") ? animals : PostTexts.names), to: &post)
            bytes = bytes[bytes.index(letter, offsetBy: 2)...]
        }
        post.text.append(contentsOf: bytes)
    }

    /// How a term shows in a text; operators that do not show give nothing.
    private func words(for term: String) -> String {
        if term.hasPrefix("#") || term.hasPrefix("$") || term.hasPrefix("@") { return " " + term }
        if term.hasPrefix("\"") { return " " + term.dropFirst().dropLast() }
        return term.contains(":") ? "" : " " + term
    }

    private func media(_ post: inout GeneratedPost, _ terms: [String], _ random: inout SeededGenerator) {
        func key(_ kind: Int) -> String {
            "\(kind)_\(1_400_000_000_000_000_000 + random.next() % 400_000_000_000_000_000)"
        }
        for term in terms {
            switch term {
            case "has:images", "has:media":
                let count = random.happens(perMille: 250) ? 2 + random.index(below: 3) : 1
                for _ in 0..<count { post.mediaKeys.append(key(3)) }
            case "has:videos": post.mediaKeys.append(key(random.happens(perMille: 300) ? 7 : 13))
            default: break
            }
        }
        guard !post.mediaKeys.isEmpty || terms.contains("has:links") else { return }
        append(" https://t.co/", to: &post)
        var bits = random.next()
        for _ in 0..<10 {
            post.text.append(Self.alphabet[Int(bits % 62)])
            bits /= 62
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
}

extension SeededGenerator {
    /// One of an array that is not empty.
    mutating func element(of array: [String]) -> String {
        array[index(below: array.count)]
    }
}
