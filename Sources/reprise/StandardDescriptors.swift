internal import Glibc

/// The descriptors 0, 1 and 2, which every program has to have.
enum StandardDescriptors {
    /// Puts something in the place of those that are closed, so that no file of the journal takes their number.
    ///
    /// `/dev/null` for reading: what is written there fails, as it does on a closed descriptor, instead of being lost in silence.
    static func fill() {
        for descriptor in CInt(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one, because those below it are taken.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
