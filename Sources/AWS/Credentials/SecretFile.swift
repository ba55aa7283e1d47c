internal import Failures
internal import FoundationEssentials
internal import HTTPClient

/// A file that holds one secret.
enum SecretFile {
    /// Its text without blanks at both ends.
    ///
    /// - Throws: `AWSError`, never with anything of the file.
    static func read(_ path: String, _ what: String) throws(AWSError) -> Secret {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AWSError("\(what) \(path) cannot be read; check that it is there, and who may", cause: .credentials)
        }
        let text = String(decoding: data, as: UTF8.self).trimmed
        guard !text.isEmpty, !text.contains(where: \.isNewline) else {
            throw AWSError("\(what) \(path) does not hold one line", cause: .credentials)
        }
        return Secret(text)
    }
}
