internal import Files

/// Gives files other names without ever putting one over another: what a repair takes out of its place is kept.
struct SetAside {
    let folder: SourceFolder

    /// Why a file is not where readers look.
    enum Reason: String {
        /// A new file with its whole blocks has taken its place.
        case damaged
        /// All that it holds stands in other segments too.
        case doubled
        /// No block of this source is in it.
        case unreadable
        /// It holds what stood in no segment then: a tail with entries that are in no block, or a file out of which a repair took blocks.
        case kept
    }

    /// Renames a file to say why; durable on return.
    ///
    /// - Returns: the new name, without the folder.
    func put(_ path: String, _ reason: Reason) throws -> String {
        let new = free(path, reason)
        try folder.disk.renameDurably(path, to: new)
        return name(new)
    }

    /// The path that `put` would give it.
    func free(_ path: String, _ reason: Reason) -> String {
        let first = "\(path).\(reason.rawValue)"
        var (new, number) = (first, 1)
        while folder.disk.exists(new) {
            number += 1
            new = "\(first)-\(number)"
        }
        return new
    }

    private func name(_ path: String) -> String { String(path.dropFirst(folder.path.count + 1)) }
}
