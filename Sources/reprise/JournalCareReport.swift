internal import Journal
internal import Terminal
internal import Time

/// What `journal verify` and `journal repair` print.
enum JournalCareReport {
    static func text(_ result: JournalVerification) -> String {
        var text = ""
        for finding in result.findings {
            let place = [finding.byte.map { "byte \($0)" }, finding.offset.map { "offset \($0)" }].compactMap { $0 }
            text += "\(finding.severity.rawValue): \(finding.code.rawValue): \(finding.file)"
            text += place.isEmpty ? "" : " at \(place.joined(separator: ", "))"
            text += ": \(finding.message)\n  \(finding.advice)\n"
        }
        if result.findingsLeftOut > 0 { text += "… and \(result.findingsLeftOut) more\n" }
        let count = result.findings.count + result.findingsLeftOut
        text += count == 0 ? "all is well: " : "\(count) finding\(count == 1 ? "" : "s"): "
        text += "\(result.segments) segments, \(result.blocks) blocks, \(result.records) records, "
        text += "\(ByteText.size(result.bytes)) of stream in \(ByteText.size(result.storedBytes))"
        return text + (result.tailEntries == 0 ? "\n" : "; \(ByteText.size(result.tailBytes)) more in the tail\n")
    }

    static func json(_ result: JournalVerification) -> String {
        let findings = result.findings.map { finding in
            EventValue.object(
                [
                    ("code", .string(finding.code.rawValue)), ("severity", .string(finding.severity.rawValue)),
                    ("source", .string(finding.source.rawValue)), ("file", .string(finding.file)),
                ] + (finding.byte.map { [("byte", .integer(Int64($0)))] } ?? [])
                    + (finding.offset.map { [("offset", .string("\($0)"))] } ?? [])
                    + [("message", .string(finding.message)), ("advice", .string(finding.advice))]
            )
        }
        return line([
            ("findings", .array(findings)), ("findings_left_out", .integer(Int64(result.findingsLeftOut))),
            ("segments", .integer(Int64(result.segments))), ("blocks", .integer(Int64(result.blocks))),
            ("records", .integer(Int64(result.records))), ("bytes", .string("\(result.bytes)")),
            ("stored_bytes", .string("\(result.storedBytes)")),
            ("tail_entries", .integer(Int64(result.tailEntries))), ("tail_bytes", .integer(Int64(result.tailBytes))),
        ])
    }

    static func text(_ steps: [RepairStep], dryRun: Bool) -> String {
        if steps.isEmpty { return "nothing to repair\n" }
        return steps.map { step in
            let would = dryRun ? "would be " : ""
            var text = "\(step.file) \(would)\(step.action.rawValue): "
            switch step.action {
            case .moved:
                return "\(step.file) \(would)renamed to \(step.keptAs ?? ""): that is where its offsets belong\n"
            case .setAside: return "\(step.file) \(would)set aside as \(step.keptAs ?? "")\n"
            case .unplaced:
                return
                    "\(step.file) left as it is: it holds \(step.bytes) bytes that no segment holds and that fit nowhere; keep it\n"
            case .rewritten, .made, .rescued: break
            }
            text += "\(step.blocks) blocks kept with \(step.records) records, \(ByteText.size(step.bytes))"
            if step.rescuedBytes > 0 { text += ", \(step.rescuedBytes) bytes of them rescued from elsewhere" }
            text += step.keptAs.map { "; the old file is kept as \($0)\n" } ?? "\n"
            for gap in step.gaps {
                let bytes = gap.bytes == 0 ? "an unknown number of" : "\(gap.bytes)"
                text +=
                    "  gone: \(bytes) bytes from offset \(gap.offset), \(gap.from?.rfc3339 ?? "the beginning") to "
                text += "\(gap.to?.rfc3339 ?? "the end")\n"
            }
            return text
        }.joined()
    }

    static func json(_ steps: [RepairStep], dryRun: Bool) -> String {
        let all = steps.map { step in
            let gaps = step.gaps.map { gap in
                EventValue.object(
                    [
                        ("offset", .string("\(gap.offset)")), ("bytes", .integer(Int64(gap.bytes))),
                    ] + (gap.from.map { [("from", .string($0.rfc3339))] } ?? [])
                        + (gap.to.map { [("to", .string($0.rfc3339))] } ?? [])
                )
            }
            return EventValue.object(
                [
                    ("source", .string(step.source.rawValue)), ("file", .string(step.file)),
                    ("action", .string(step.action.rawValue)), ("blocks", .integer(Int64(step.blocks))),
                    ("bytes", .integer(Int64(step.bytes))), ("records", .integer(Int64(step.records))),
                    ("rescued_bytes", .integer(Int64(step.rescuedBytes))),
                    ("gaps", .array(gaps)),
                ] + (step.keptAs.map { [("kept_as", .string($0))] } ?? [])
            )
        }
        return line([("dry_run", .bool(dryRun)), ("files", .array(all))])
    }

    private static func line(_ members: [(String, EventValue)]) -> String {
        String(decoding: EventValue.object(members).json, as: UTF8.self) + "\n"
    }
}
