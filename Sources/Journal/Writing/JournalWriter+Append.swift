internal import Files
internal import Lifecycle
internal import Time

extension JournalWriter {
    /// Where a record longer than this stands, a segment may end inside it.
    static let uncutByteLimit = 32 << 20
    /// A clock that goes back further than this is worth an event.
    static let clockStepLimit = Duration.seconds(1)
    /// Room kept in a slot for the event that may go before an entry.
    static let clockEventRoom = 256

    /// Commits a delivery of at most `deliveryByteLimit`, and ends the segment at its last LF where one is due.
    func appendPiece(_ bytes: UnsafeRawBufferPointer) throws {
        try monitor.untilReady { (state) -> Void? in
            try state.check(folder)
            let isCutDue = state.isCutDue(adding: bytes.count, now: clock.now, configuration)
            guard takeSlot(for: bytes.count, spare: isCutDue ? 1 : 0, &state) else { return nil }
            var counter = state.line
            let lastLine = isCutDue ? counter.take(bytes).lastLine : 0
            guard lastLine > 0 else {
                try write(.delivery, bytes, &state)
                if isCutDue && state.line.unfinished > JournalWriter.uncutByteLimit { endSegment(&state) }
                return ()
            }
            try write(.delivery, UnsafeRawBufferPointer(rebasing: bytes[0..<lastLine]), &state)
            endSegment(&state)
            if lastLine < bytes.count, state.takeFreeSlot() {
                try write(.delivery, UnsafeRawBufferPointer(rebasing: bytes[lastLine...]), &state)
            }
            return ()
        }
    }

    /// Commits an event; the end of a connection ends a segment that is due, too.
    func appendEvent(_ json: [UInt8]) throws {
        guard json.count <= JournalEvent.byteLimit else {
            throw JournalError(.invalid, "an event of \(json.count) bytes is longer than \(JournalEvent.byteLimit)")
        }
        try monitor.untilReady { (state) -> Void? in
            try state.check(folder)
            guard takeSlot(for: json.count, spare: 0, &state) else { return nil }
            try json.withUnsafeBytes { try write(.event, $0, &state) }
            let event = JournalEvent(offset: state.position.offset, time: state.nextArrival, json: json)
            if event.endsLine { state.line.breakLine() }
            if event.kind == EventKind.closed && state.isCutDue(adding: 0, now: clock.now, configuration) {
                endSegment(&state)
            }
            return ()
        }
    }

    /// Makes sure that the slot in hand has room; false where it has not and no slot is free yet.
    ///
    /// - Parameter spare: slots that must stay free besides.
    private func takeSlot(for size: Int, spare: Int, _ state: inout WriterState) -> Bool {
        let needed = TailEntry.headerSize + size + JournalWriter.clockEventRoom
        if !state.hasSlot || state.slotLength + needed > folder.geometry.slotSize {
            state.finishSlot(sealing: false)
            monitor.signal()
            guard state.takeableSlots > spare, state.takeFreeSlot() else { return false }
        }
        return state.takeableSlots >= spare
    }

    private func endSegment(_ state: inout WriterState) {
        state.finishSlot(sealing: true)
        monitor.signal()
    }

    /// Commits one entry: one `pwritev` into the slot in hand, which has room for it.
    private func write(_ kind: TailEntry.Kind, _ payload: UnsafeRawBufferPointer, _ state: inout WriterState) throws {
        let now = clock.now
        if now < state.nextArrival - JournalWriter.clockStepLimit {
            if !state.clockStepNoted {
                // Set first: the event is written by this same function.
                state.clockStepNoted = true
                let behind = (state.nextArrival - now).microseconds
                let json = EventValue.event(kind: EventKind.clock, fields: [("behind_us", .integer(behind))])
                try json.withUnsafeBytes { try write(.event, $0, &state) }
            }
        } else {
            state.clockStepNoted = false
        }
        let entry = TailEntry(
            kind: kind,
            length: payload.count,
            sequence: state.position.sequence + 1,
            offset: state.position.offset,
            arrival: max(now, state.nextArrival)
        )
        do {
            try withUnsafeTemporaryAllocation(byteCount: TailEntry.headerSize, alignment: 8) { header in
                entry.writeHeader(to: header, payload: payload)
                try tail.file.write(
                    UnsafeRawBufferPointer(header),
                    payload,
                    at: folder.geometry.start(ofSlot: state.slot) + state.slotLength
                )
            }
        } catch {
            let failure = JournalError(error, ending: "committing an entry")
            state.fail(failure)
            monitor.signal()
            throw failure
        }
        state.add(entry, payload, now: now)
    }
}
