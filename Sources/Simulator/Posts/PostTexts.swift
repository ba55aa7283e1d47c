/// What the generator's posts are made of: sentences about cats, dogs or whatever the rules ask for, in several languages.
///
/// `{a}` in a sentence stands for the animal, `{n}` for a name.
struct PostTexts {
    /// What a post is about, as far as its words go.
    enum Subject: Int {
        case cat, dog, other

        /// What the terms of a rule speak of.
        init(terms: [String]) {
            let text = terms.joined(separator: " ")
            if ["cat", "kitt", "gato", "猫", "고양이"].contains(where: { text.contains($0) }) {
                self = .cat
            } else if ["dog", "pupp", "perro", "犬", "강아지"].contains(where: { text.contains($0) }) {
                self = .dog
            } else {
                self = .other
            }
        }
    }

    struct Language {
        let code: String
        /// How often it comes, in a thousand.
        let perMille: Int
        /// Cat, dog, other.
        let animals: [[String]]
        let sentences: [String]
    }

    static let names = [
        "Luna", "Milo", "Bella", "Simba", "Nala", "Oreo", "Biscuit", "Mochi", "Pepper", "Coco", "Max", "Daisy", "Leo",
        "Miso",
        "Ziggy", "Waffles", "Pixel", "Olive", "Bruno", "Socks",
    ]

    static let openings = [
        "Good morning from", "Currently being judged by", "Say hello to", "Nobody:\nAbsolutely nobody:\nMeanwhile",
        "Look at",
        "Day 47 of living with", "Just met", "Proud of", "Send help, trapped under", "Breaking news: it's",
        "Reunited with",
        "Rainy day with", "Happy birthday to", "Working from home with", "Throwback to", "Still thinking about",
    ]

    static let middles = [
        "my {a} {n}", "the neighbour's {a}", "this {a}", "our rescue {a} {n}", "the world's laziest {a}", "{n} the {a}",
        "a very good {a}", "my sister's {a} {n}", "the office {a}", "a {a} called \"{n}\"", "two {a}s &amp; one sofa",
    ]

    static let endings = [
        ", who stole my breakfast", " after a bath", " pretending to be asleep", ", zero thoughts",
        " asking for dinner at 4 am",
        " on the windowsill", " meeting snow for the first time", " in a box that is clearly too small", ".", "!!!",
        "…",
        " — that face", ", please adopt don't shop", " watching birds", " doing the thing again", ", 11/10",
        " at the vet (all good!)",
        "\n\nI can't even", ". How is your day going?",
    ]

    static let emoji = ["😻", "🐱", "🐶", "🐾", "❤️", "😂", "🥺", "✨", "🐕", "🐈‍⬛", "👀", "🎂", "🏳️‍🌈", "💤", "🔥"]

    /// The languages other than English; what is left of a thousand is English.
    static let languages = [
        Language(
            code: "ja",
            perMille: 70,
            animals: [["猫", "うちの猫", "子猫"], ["犬", "わんこ", "子犬"], ["これ"]],
            sentences: ["{a}が寝てる…かわいい", "今日の{a}です", "{a}がキーボードの上に乗って仕事にならない", "おはよう！{a}と散歩してきた", "{a}、カメラ目線"]
        ),
        Language(
            code: "es",
            perMille: 65,
            animals: [["gato", "gatito"], ["perro", "perrito"], ["día"]],
            sentences: [
                "Mi {a} es lo mejor del mundo", "¿Quién más tiene un {a} así?", "El {a} de {n} otra vez en la cocina",
                "Adopten a este {a}, por favor",
            ]
        ),
        Language(
            code: "ko",
            perMille: 60,
            animals: [["고양이", "냥이"], ["강아지", "댕댕이"], ["오늘"]],
            sentences: ["우리 {a} 너무 귀여워", "{a} 사진 올려요", "오늘도 {a}랑 산책했어요"]
        ),
        Language(
            code: "pt",
            perMille: 35,
            animals: [["gato", "gatinho"], ["cachorro", "doguinho"], ["dia"]],
            sentences: ["Olha esse {a} gente", "O {a} da minha avó é um ícone", "Bom dia com o meu {a} {n}"]
        ),
        Language(
            code: "fr",
            perMille: 25,
            animals: [["chat", "chaton"], ["chien", "chiot"], ["jour"]],
            sentences: [
                "Mon {a} a encore dormi sur l'ordi", "Voici {n}, le {a} du quartier", "Ce {a} n'a peur de rien",
            ]
        ),
        Language(
            code: "de",
            perMille: 20,
            animals: [["Kater", "Stubentiger"], ["Hund", "Welpe"], ["Tag"]],
            sentences: [
                "Der {a} schläft schon wieder", "Unser {a} {n} wünscht schöne Grüße",
                "So müde wie dieser {a} möchte ich sein",
            ]
        ),
        Language(
            code: "in",
            perMille: 15,
            animals: [["kucing", "si oyen"], ["anjing", "anak anjing"], ["hari"]],
            sentences: ["{a} gue tidur mulu wkwk", "Lucu banget {a} ini"]
        ),
        Language(
            code: "ar",
            perMille: 10,
            animals: [["القطة"], ["الكلب"], ["اليوم"]],
            sentences: ["{a} نائمة الآن", "صباح الخير مع {a}"]
        ),
        Language(code: "und", perMille: 15, animals: [[""], [""], [""]], sentences: ["", "🐾", "😻😻😻"]),
    ]

    static let animals = [
        ["cat", "kitten", "tabby", "void"], ["dog", "pup", "doggo", "corgi"], ["thing", "one", "view"],
    ]
}
