import Foundation
import Testing

/// The house rules over the whole tree; each finding says file and line.
@Suite struct TidyTests {
    private func expectNone(_ findings: [Finding]) {
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test func nothingBannedIsCalled() throws {
        expectNone(try SourceTree.swift("Sources").flatMap(Rules.bannedCalls))
    }

    @Test func importsOnlyGoDown() throws {
        let manifest = try String(contentsOfFile: "\(SourceTree.root)/Package.swift", encoding: .utf8)
        let order = Rules.targets(manifest)
        #expect(order.count > 25, "\(order)")
        #expect(order.firstIndex(of: "Journal") ?? 99 < order.firstIndex(of: "Recorder") ?? 0)
        expectNone(try SourceTree.swift("Sources").flatMap { Rules.imports($0, order: order) })
        expectNone(Rules.cImporters(try SourceTree.swift("Sources"), modules: order.filter { $0.first == "C" }))
    }

    @Test func filesAreShort() throws {
        expectNone(try SourceTree.swift("Sources").flatMap { Rules.length($0, limit: 400) })
        expectNone(try SourceTree.swift("Tests").flatMap { Rules.length($0, limit: 500) })
        expectNone(try SourceTree.swift("Sources").flatMap { Rules.functionLength($0, limit: 80) })
    }

    @Test func whatIsUncheckedForThreadsSaysWhy() throws {
        expectNone(try SourceTree.swift("Sources").flatMap(Rules.uncheckedSendability))
    }

    @Test func publicNamesAreDocumented() throws {
        expectNone(try SourceTree.swift("Sources").flatMap(Rules.documentation))
    }

    @Test func everyTestAssertsSomething() throws {
        let files = try SourceTree.swift("Tests").filter { !$0.path.hasPrefix("Tests/TidyTests") }
        let helpers = Rules.asserting(files)
        expectNone(files.flatMap { Rules.assertions($0, helpers: helpers) })
    }

    @Test func noPathOfOneMachineIsTracked() throws {
        expectNone(try SourceTree.files { _ in true }.flatMap(Rules.machinePaths))
    }

    @Test func trackedFilesAreSmall() throws {
        expectNone(
            try SourceTree.tracked().flatMap { path in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(SourceTree.root)/\(path)")
                return Rules.size(path, bytes: try #require(attributes[.size] as? Int))
            }
        )
    }

    @Test func everyPageIsLinked() throws {
        let linking = try SourceTree.files { ["README.md", "docs/ARCHITECTURE.md"].contains($0) }
        #expect(linking.count == 2)
        let pages = try SourceTree.tracked().filter { $0.hasPrefix("docs/") && $0.hasSuffix(".md") }
        expectNone(Rules.unlinked(pages, from: linking))
    }
}

/// A rule that cannot fail holds nothing: each is shown something bad.
@Suite struct TidyCanaryTests {
    private func file(_ text: String, _ path: String = "Sources/Journal/Bad.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test(arguments: [
        "let x = try! f()", "x as! Int", "print(x)", "// fine\nfatalError()", "let now = Date()",
        "Int.random(in: 0...1)", "debugPrint(x)", "getenv(\"A\")", "var chance = SystemRandomNumberGenerator()",
        "f() // " + "TO" + "DO: later", "    // " + "FIX" + "ME", "/* X" + "XX */",
        "ProcessInfo.processInfo.environment[\"A\"]", "fdatasync(descriptor)", "Glibc.rename(a, b)", "usleep(5)",
        "shutdown.wait(for: due - clock.now)",
    ]) func bannedCallsAreFound(text: String) {
        #expect(Rules.bannedCalls(file(text)).count == 1, "\(text)")
    }

    @Test func theWallClockIsFoundWhereNoTimeIsWrittenDown() {
        let text = "let clock: WallClock = .system"
        #expect(Rules.bannedCalls(file(text, "Sources/Feeds/Bad.swift")).count == 1)
        #expect(Rules.bannedCalls(file(text, "Sources/Recorder/Good.swift")).isEmpty)
    }

    @Test func whatIsAllowedIsNotFound() {
        #expect(Rules.bannedCalls(file("print(x)", "Sources/reprise/Good.swift")).isEmpty)
        #expect(Rules.bannedCalls(file("/// fatalError is never called")).isEmpty)
        #expect(Rules.bannedCalls(file("blueprint(x)")).isEmpty)
    }

    @Test func importsThatGoUpAreFound() {
        let order = ["CZstd", "Compression", "Journal", "Recorder", "Simulator"]
        #expect(Rules.imports(file("internal import Recorder"), order: order).count == 1)
        #expect(Rules.imports(file("import Compression"), order: order).isEmpty)
        #expect(Rules.imports(file("import Journal", "Sources/Simulator/Bad.swift"), order: order).count == 1)
        let second = [file("import CZstd", "Sources/Basics/Compression/A.swift"), file("internal import CZstd")]
        #expect(Rules.cImporters(second, modules: ["CZstd"]).count == 1)
    }

    @Test func theOrderOfTargetsIsReadFromTheManifest() {
        let manifest = "basics(\"Time\"),\n room(\"Journal\", [\"Time\"]),\n room(\n \"Recorder\","
        #expect(Rules.targets(manifest) == ["Time", "Journal", "Recorder"])
    }

    @Test func longFilesAndUndocumentedNamesAreFound() {
        #expect(Rules.length(file(String(repeating: "x\n", count: 401)), limit: 400).count == 1)
        let long = "    func f() {\n" + String(repeating: "        g()\n", count: 80) + "    }\n"
        #expect(Rules.functionLength(file("struct A {\n\(long)}"), limit: 80).map(\.line) == [2])
        #expect(Rules.functionLength(file("struct A {\n    func f() { g() }\n\(long)}"), limit: 82).isEmpty)
        #expect(Rules.documentation(file("public func f() {}")).count == 1)
        #expect(Rules.documentation(file("/// Does it.\n@discardableResult\npublic func f() {}")).isEmpty)
    }

    @Test func testsThatAssertNothingAreFound() {
        #expect(Rules.assertions(file("@Test func f() { g() }"), helpers: []).count == 1)
        #expect(Rules.assertions(file("@Test func f() { #expect(g()) }"), helpers: []).isEmpty)
        let other = "    @Test(arguments: [\n        1\n    ]) func f(a: Int) {\n        g()\n    }\n"
        let helper = "    func g() {\n        #expect(true)\n    }\n"
        // What stands behind a test does not count as the test's, unless it is called.
        #expect(Rules.assertions(file(other + helper), helpers: []).map(\.line) == [1])
        let helpers = Rules.asserting([file(helper + "    func h() { g() }\n    func i() { j() }\n")])
        #expect(helpers == ["g", "h"])
        #expect(Rules.assertions(file(other), helpers: helpers).isEmpty)
    }

    @Test func largeFilesAndUnlinkedPagesAreFound() {
        #expect(Rules.size("data/all.ndjson", bytes: (256 << 10) + 1).count == 1)
        #expect(Rules.size("docs/page.png", bytes: 1 << 20).isEmpty)
        let linking = [file("see [it](docs/A.md)", "README.md"), file("and [this](B.md)", "docs/ARCHITECTURE.md")]
        #expect(
            Rules.unlinked(["docs/A.md", "docs/B.md", "docs/C.md"], from: linking).map(\.path) == ["docs/C.md"]
        )
    }

    @Test func uncheckedSendabilityWithoutAReasonIsFound() {
        #expect(Rules.uncheckedSendability(file("final class A: @unchecked Sendable {\n}")).count == 1)
        #expect(Rules.uncheckedSendability(file("// One thread.\nfinal class A: @unchecked Sendable {")).isEmpty)
    }

    @Test func pathsOfOneMachineAreFound() {
        #expect(Rules.machinePaths(file("open(\"/" + "work/main\")", "scripts/bad")).count == 1)
        #expect(Rules.machinePaths(file("cd /" + "root", "Makefile")).count == 1)
        #expect(Rules.machinePaths(file("http://host/work" + "shop/ and a/work", "README.md")).isEmpty)
    }
}
