import Foundation
import TestSupport
import Testing

/// What a browser showed, after it was found equal to a count over the journal.
struct ShownFigures: Decodable {
    let posts: Int
    let today: Int
    let categories: Int

    /// Serves an index, compares, and stops the server.
    static func compare(serving index: String, journal: String, in folder: TemporaryFolder) throws -> ShownFigures {
        let arguments = ["serve", "--journal", journal, "--index", index, "--port", "0"]
        let server = try RunningProgram(Surroundings.reprise(), arguments, in: folder)
        let figures = try compare(address(of: server), journal: journal, in: folder)
        server.send(SIGTERM)
        #expect(try server.wait(seconds: 10).status == 0)
        return figures
    }

    /// Where a program that has just started serves its page.
    static func address(of program: RunningProgram) throws -> String {
        try until("the page's address; \(program.errors)") {
            let text = try program.errors + String(decoding: program.output, as: UTF8.self) + "\n"
            return text.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+(?=\s)/).map { String($0.0) }
        }
    }

    /// The journal's whole records, each with its time of arrival.
    static func records(of journal: String, in folder: TemporaryFolder) throws -> Data {
        try output(
            of: Surroundings.reprise(),
            ["journal", "cat", "--times", "--source", "filtered", "--journal", journal],
            in: folder
        )
    }

    /// Counts in a browser and in the journal, by means that share no code with the command.
    static func compare(_ address: String, journal: String, in folder: TemporaryFolder) throws -> ShownFigures {
        let cat = folder.path + "/cat"
        try records(of: journal, in: folder).write(to: URL(fileURLWithPath: cat))
        let chromium = try Surroundings.path(.tool("chromium"))
        let arguments = [Surroundings.peer("page_figures.py"), chromium, address, cat]
        let text = try output(of: Surroundings.path(.tool("python3")), arguments, in: folder)
        return try JSONDecoder().decode(ShownFigures.self, from: text)
    }
}
