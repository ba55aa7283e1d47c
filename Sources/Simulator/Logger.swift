/// Takes what the simulator reports and drops it, until the Logging room is there.
struct Logger: Sendable {
    func info(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {}
    func notice(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {}
    func error(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {}
}
