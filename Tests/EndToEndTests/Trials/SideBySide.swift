import Synchronization
import TestSupport

/// What went wrong in trials that run side by side, each on a thread of its own, in words that name the trial.
///
/// The tests' own threads are as many as the machine has cores, and trials hardly compute: they wait.
func sideBySide<Item: Sendable>(
    _ items: [Item],
    atOnce width: Int = 7,
    _ trial: @escaping @Sendable (Item) throws -> [String]
) -> [String] {
    let found = TrialProblems()
    let rest = TrialQueue(items)
    let threads = (0..<min(width, items.count)).map { _ in
        startThread {
            while let item = rest.next() {
                do {
                    for problem in try trial(item) { found.add("\(item): \(problem)") }
                } catch {
                    found.add("\(item): \(error)")
                }
            }
        }
    }
    for thread in threads where !thread.join(seconds: 1_800) { found.add("a trial does not end") }
    return found.all
}

private final class TrialProblems: Sendable {
    private let list = Mutex<[String]>([])

    var all: [String] { list.withLock { $0 } }

    func add(_ problem: String) { list.withLock { $0.append(problem) } }
}

private final class TrialQueue<Item: Sendable>: Sendable {
    private let items: Mutex<[Item]>

    init(_ items: [Item]) { self.items = Mutex(items.reversed()) }

    func next() -> Item? { items.withLock { $0.popLast() } }
}
