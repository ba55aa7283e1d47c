internal import Time

extension Timestamp {
    /// The time as HTTP's `Date` has it: `Thu, 01 Jan 2026 00:00:00 GMT` (RFC 9110, 5.6.7).
    var httpDate: String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let text = Array(rfc3339.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let day = Int(seconds.quotientAndRemainder(dividingBy: 86_400).quotient % 7)
        let month = Int(part(5..<7)).map { months[$0 - 1] } ?? ""
        return "\(days[(day + 7) % 7]), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }
}
