public import Foundation

/// What a gzip file of these bytes holds, as gzip(1) reads it; nil where it finds fault with any of it.
public func gunzip(_ bytes: [UInt8]) throws -> Data? {
    let folder = try TemporaryFolder()
    let (input, output) = ("\(folder.path)/in.gz", "\(folder.path)/out")
    try Data(bytes).write(to: URL(fileURLWithPath: input))
    try Data().write(to: URL(fileURLWithPath: output))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", input]
    let handle = FileHandle(forWritingAtPath: output)
    process.standardOutput = handle
    process.standardError = FileHandle.nullDevice
    try process.start()
    process.waitUntilExit()
    try handle?.close()
    guard process.terminationStatus == 0 else { return nil }
    return try Data(contentsOf: URL(fileURLWithPath: output))
}
