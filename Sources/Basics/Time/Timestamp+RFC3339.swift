internal import Numbers

// RFC 3339 in UTC, by the proleptic Gregorian calendar; no time zone table, no locale.

extension Timestamp {
    /// The time as RFC 3339 in UTC with six digits of a second: `2026-11-24T08:33:00.000123Z`.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: 27) { buffer in
            writeRFC3339(to: UnsafeMutableRawBufferPointer(buffer))
            return 27
        }
    }

    /// Writes the 27 ASCII bytes of `rfc3339` to the start of a buffer; years outside 0000 to 9999 are clamped.
    ///
    /// - Parameter buffer: at least 27 bytes.
    public func writeRFC3339(to buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= 27, "a time takes 27 bytes")
        let clamped = min(max(rawValue, -62_167_219_200_000_000), 253_402_300_799_999_999)
        let day = clamped.floorDivided(by: 86_400_000_000)
        let rest = clamped - day * 86_400_000_000
        let (year, month, dayOfMonth) = civil(fromDays: day)
        let second = rest / 1_000_000
        func put(_ value: Int64, _ digits: Int, _ at: Int) {
            var value = value
            for i in stride(from: at + digits - 1, through: at, by: -1) {
                buffer[i] = UInt8(truncatingIfNeeded: 48 + value % 10)
                value /= 10
            }
        }
        put(year, 4, 0)
        buffer[4] = 45
        put(month, 2, 5)
        buffer[7] = 45
        put(dayOfMonth, 2, 8)
        buffer[10] = 84
        put(second / 3_600, 2, 11)
        buffer[13] = 58
        put(second / 60 % 60, 2, 14)
        buffer[16] = 58
        put(second % 60, 2, 17)
        buffer[19] = 46
        put(rest % 1_000_000, 6, 20)
        buffer[26] = 90
    }

    /// Reads RFC 3339: `2026-11-24T08:33:00Z`, with up to nine digits of a second (past the sixth they are cut off),
    /// with an offset (`+01:00` or `+0100`), with a space for the `T`, or without a zone, which means UTC; a date alone is its midnight.
    ///
    /// Returns nil for anything else, a 31st of April or a 61st second included (a 60th second counts as the next minute).
    public init?(rfc3339 text: String) {
        var scanner = DigitScanner(bytes: Array(text.utf8))
        guard let year = scanner.digits(4), scanner.take(45), let month = scanner.digits(2), scanner.take(45),
            let day = scanner.digits(2), (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year)
        else { return nil }
        var microseconds = days(fromCivil: year, month, day) * 86_400_000_000
        if !scanner.isAtEnd {
            guard scanner.take(84) || scanner.take(116) || scanner.take(32), let hour = scanner.digits(2),
                scanner.take(58), let minute = scanner.digits(2), hour < 24, minute < 60
            else { return nil }
            var second: Int64 = 0
            var fraction: Int64 = 0
            if scanner.take(58) {
                guard let value = scanner.digits(2), value <= 60 else { return nil }
                second = value
                if scanner.take(46) {
                    guard let value = scanner.fraction() else { return nil }
                    fraction = value
                }
            }
            guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
            microseconds += ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + fraction
        }
        self.init(rawValue: microseconds)
    }

    /// The midnight, UTC, that this time's day began with.
    public var startOfDay: Timestamp {
        Timestamp(rawValue: rawValue.floorDivided(by: 86_400_000_000).saturatingMultiply(by: 86_400_000_000))
    }

    /// The midnight, UTC, that this time's month began with.
    public var startOfMonth: Timestamp {
        let (year, month, _) = civil(fromDays: rawValue.floorDivided(by: 86_400_000_000))
        return Timestamp(rawValue: days(fromCivil: year, month, 1).saturatingMultiply(by: 86_400_000_000))
    }
}

private struct DigitScanner {
    let bytes: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard index < bytes.count, (48...57).contains(bytes[index]) else { return nil }
        index += 1
        return Int64(bytes[index - 1] - 48)
    }

    mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while count < 9, let digit = digit() {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in count..<max(count, 6) { value *= 10 }
        return value
    }

    /// Minutes east of UTC; no zone at all is UTC.
    mutating func zone() -> Int64? {
        if isAtEnd || take(90) || take(122) { return 0 }
        let sign: Int64
        if take(43) {
            sign = 1
        } else if take(45) {
            sign = -1
        } else {
            return nil
        }
        guard let hour = digits(2) else { return nil }
        // date(1) writes +0100, ISO 8601's short form.
        _ = take(58)
        guard let minute = digits(2), hour < 24, minute < 60 else { return nil }
        return sign * (hour * 60 + minute)
    }
}

private func daysIn(month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

// Days since 1970-01-01, with years that begin in March so that the leap day comes last. Eras are 400 years.
private func days(fromCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y.floorDivided(by: 400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = z.floorDivided(by: 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
