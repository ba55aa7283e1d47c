import Foundation
import TestSupport
import Testing
import Time

@testable import Transform

/// The original refuses what Python's `json.loads` refuses; so do we, however a record was damaged.
@Suite struct StrictnessTests {
    private let judge = """
        import json, sys
        def verdict(line):
            try: return '1' if isinstance(json.loads(line.decode(), parse_constant=int), dict) else '0'
            except (ValueError, RecursionError): return '0'
        print(''.join(verdict(line) for line in open(sys.argv[1], 'rb').read().split(b'\\n')[:-1]))
        """

    @Test(.needs(.stream))
    func damagedRecordsAreRefusedExactlyWherePythonRefusesThem() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.stream.path))
        let records = data.split(separator: 10).map { Array($0.last == 13 ? $0.dropLast() : $0) }.filter { !$0.isEmpty }
        let damaged = (0..<2_000).map { _ in damage(records[Int.random(in: 0..<records.count, using: &random)], &random)
        }
        let path = folder.path + "/damaged"
        try Data(damaged.flatMap { $0 + [10] }).write(to: URL(fileURLWithPath: path))
        let verdicts = try judged(path)
        try #require(verdicts.count == damaged.count)
        for (record, verdict) in zip(damaged, verdicts) {
            let isJSON = transform(record).0 != .failed(.malformed)
            #expect(isJSON == (verdict == "1"), "\(random): \(String(decoding: record, as: UTF8.self))")
        }
        #expect(verdicts.contains("0") && verdicts.contains("1"))
    }

    /// Bytes that JSON gives a meaning are put in, taken out, and put in place of others.
    private func damage(_ record: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        let meaningful = Array("{}[]:,\"\\ 0123456789-+.eEtfnu\u{1}\t".utf8) + [0xFF, 0xC3]
        let structure = Set("{}[]:,\"".utf8)
        var damaged = record
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            var at = Int.random(in: 0..<damaged.count, using: &random)
            // Half of the time where JSON is most easily hurt.
            if Bool.random(using: &random) { at = damaged[at...].firstIndex { structure.contains($0) } ?? at }
            guard let byte = meaningful.randomElement(using: &random) else { continue }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: damaged[at] = byte
            case 1: damaged.insert(byte, at: at)
            case 2: damaged.remove(at: at)
            default: damaged.removeSubrange(at..<min(damaged.count, at + Int.random(in: 1...20, using: &random)))
            }
        }
        return damaged
    }

    private func judged(_ path: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", judge, path]
        let output = Pipe()
        process.standardOutput = output
        try process.start()
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return printed.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
