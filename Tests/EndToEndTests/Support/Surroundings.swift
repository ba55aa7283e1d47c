import Foundation
import TestSupport
import Testing

/// What these tests find around them: the built command, tools of the machine, Python, shared data.
enum Surroundings {
    /// A thing that may be absent on a developer's machine.
    enum Need: Hashable {
        case tool(String)
        /// Any C compiler, for what programs are started with.
        case cCompiler
        /// The interpreter with the packages that read segments, see scripts/python-venv.
        case python
        /// That interpreter with a package of PyPI, by the name that programs import.
        case pythonPackage(String)
        case sharedData(SharedData)
        /// A small file system that a test may mount for itself, see `OwnDisk`.
        case ownDisk
        /// The right to run a program as another user, and the tool that does it.
        case anotherUser
    }

    struct Absent: Error, CustomStringConvertible {
        let description: String
    }

    private static let environment = ProcessInfo.processInfo.environment

    /// Whether whatever is absent is a failure instead of a skipped test.
    private static let requiresAll = environment["REPRISE_TEST_REQUIRE"] == "all"

    /// The path of a thing, or an error that says how to get it.
    static func path(_ need: Need) throws(Absent) -> String {
        switch need {
        case .tool(let name):
            for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return "\(folder)/\(name)"
            }
            throw Absent(description: "\(name) is not on the PATH; scripts/install-packages test installs it")
        case .cCompiler:
            for name in ["cc", "gcc", "clang"] {
                if let found = try? path(.tool(name)) { return found }
            }
            throw Absent(description: "no C compiler is on the PATH; scripts/install-packages build installs one")
        case .python:
            guard let path = environment["REPRISE_TEST_PYTHON"], FileManager.default.isExecutableFile(atPath: path)
            else {
                throw Absent(
                    description: "REPRISE_TEST_PYTHON names no interpreter; scripts/python-venv test makes one"
                )
            }
            return path
        case .pythonPackage(let name):
            let python = try path(.python)
            let environment = URL(fileURLWithPath: python).deletingLastPathComponent().deletingLastPathComponent().path
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: "\(environment)/lib")) ?? []
            for version in versions {
                let package = "\(environment)/lib/\(version)/site-packages/\(name)"
                if FileManager.default.fileExists(atPath: package) { return package }
            }
            throw Absent(description: "\(python) has no package \(name); scripts/python-venv test installs it")
        case .sharedData(let file):
            guard file.isPresent else { throw Absent(description: file.whereToGetIt) }
            return file.path
        case .ownDisk:
            if let hindrance = OwnDisk.hindrance { throw Absent(description: hindrance) }
            return "/proc"
        case .anotherUser:
            guard geteuid() == 0 else {
                throw Absent(description: "only root may run a program as another user; run the tests as root")
            }
            return try path(.tool("setpriv"))
        }
    }

    /// The path of a file beside these tests.
    static func peer(_ name: String) -> String { "\(checkout)/Tests/EndToEndTests/Peers/\(name)" }

    /// The command that the build put beside the tests.
    static func reprise() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var places = [own]
        if let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }) { places.append(bundle) }
        places.append("\(checkout)/.build/debug/tests")
        for place in places {
            var folder = URL(fileURLWithPath: place).deletingLastPathComponent()
            for _ in 0..<4 {
                let program = folder.appendingPathComponent("reprise").path
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: program, isDirectory: &isFolder), !isFolder.boolValue,
                    FileManager.default.isExecutableFile(atPath: program)
                {
                    return program
                }
                folder.deleteLastPathComponent()
            }
        }
        throw Absent(description: "no reprise beside \(own); swift build --build-tests makes it")
    }

    /// What of these is absent, in words; empty where the test has to run and may fail for it.
    fileprivate static func reasonsToSkip(_ needs: [Need]) -> [String] {
        guard !requiresAll else { return [] }
        return needs.compactMap { need in
            do throws(Absent) {
                _ = try path(need)
                return nil
            } catch {
                return error.description
            }
        }
    }

    static let checkout = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
        .replacingOccurrences(of: "//", with: "/")
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where something is absent, and says what; with REPRISE_TEST_REQUIRE=all the test runs and fails.
    static func needs(_ needs: Surroundings.Need...) -> Self {
        let reasons = Surroundings.reasonsToSkip(needs)
        return .enabled(if: reasons.isEmpty, "\(reasons.joined(separator: "; "))")
    }
}
