/// What stands at a path or behind a descriptor, fstat(2).
public struct FileStatus: Equatable, Sendable {
    /// The types of file that are told apart.
    public enum Kind: Equatable, Sendable {
        /// A regular file.
        case regular
        /// A folder.
        case folder
        /// A pipe or FIFO.
        case pipe
        /// A terminal, `/dev/null` and other character or block devices.
        case device
        /// A socket, or a symbolic link that is not followed.
        case other
    }

    /// Its type.
    public var kind: Kind
    /// Its length in bytes.
    public var size: Int
    /// Device and inode: equal for two that are open at the same time only where they are one file.
    public var inode: String
    /// Counts how often the file system has used the inode; 0 where it does not say, and where only a path was looked at.
    public var generation: Int

    /// Makes a status.
    public init(kind: Kind, size: Int, inode: String, generation: Int = 0) {
        self.kind = kind
        self.size = size
        self.inode = inode
        self.generation = generation
    }

    /// Inode and generation: no two files have the same, not even one after the other.
    public var identity: String { "\(inode)/\(generation)" }
}
