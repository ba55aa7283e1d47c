internal import Failures
internal import Glibc
internal import JSON
internal import Time

/// The program that a profile's `credential_process` names: it prints credentials as JSON.
struct CredentialProgram {
    private let words: [String]
    private let origin: String

    /// How long it may take.
    private static let limit = Duration.seconds(60)
    private static let outputLimit = 1 << 20

    /// - Parameter command: words divided as by a shell, quotes honoured; no shell runs.
    init(_ command: String, profile: String) throws(AWSError) {
        origin = "the credential_process of the AWS profile '\(profile)'"
        guard let words = CredentialProgram.words(command), !words.isEmpty else {
            throw AWSError("\(origin) has an open quote or is empty", cause: .badRequest)
        }
        self.words = words
    }

    /// Runs it to its end; it is killed when that takes too long or is cancelled.
    func run(_ isCancelled: () -> Bool) throws(AWSError) -> AWSCredentials {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw failure("no pipe to it can be made", .storage) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let error = posix_spawnp(&child, words[0], &actions, nil, &arguments, environ)
        close(ends[1])
        guard error == 0 else { throw failure("cannot be started: \(String(cString: strerror(error)))", .badRequest) }
        let output = read(ends[0], child, isCancelled)
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let output else { throw failure("took longer than \(CredentialProgram.limit), or was stopped", .network) }
        guard status == 0 else { throw failure("failed (wait status \(status)); run it by hand", .credentials) }
        guard JSONValue.parse(output)?["Version"]?.integer == 1 else {
            throw failure("prints no JSON with \"Version\": 1", .credentials)
        }
        return try CredentialReply.json(output, from: origin)
    }

    /// What it prints; nil where it had to be killed.
    private func read(_ descriptor: CInt, _ child: pid_t, _ isCancelled: () -> Bool) -> [UInt8]? {
        let deadline = Deadline(after: CredentialProgram.limit)
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !isCancelled(), !deadline.isReached(at: MonotonicClock.system.now),
            output.count < CredentialProgram.outputLimit
        {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 50) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return output }
            if count > 0 { output += buffer[..<count] }
        }
        kill(child, SIGKILL)
        return nil
    }

    private func failure(_ text: String, _ cause: FailureCause) -> AWSError {
        AWSError("\(origin) \(text)", cause: cause)
    }

    /// The words of a command: blanks divide, quotes and backslashes keep together; nil where a quote stays open.
    static func words(_ command: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in command {
            if isEscaped {
                // Inside double quotes a backslash stands for itself before most characters.
                if quote == "\"", character != "\"", character != "\\" { word = (word ?? "") + "\\" }
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return quote == nil && !isEscaped ? words : nil
    }
}
