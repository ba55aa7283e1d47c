internal import Time

extension GeneratedPost {
    /// Appends the record's JSON, without a line end.
    ///
    /// - Parameter referenced: the posts that it refers to, asked for only where they are to be included.
    func write(
        _ view: PostView,
        rules: [SimulatedRule],
        referenced: () -> [GeneratedPost],
        to json: inout JSONText
    ) {
        json.raw("{\"data\":")
        writeObject(view.fields, spelling: view.spelling, to: &json)
        if !view.expansions.isEmpty {
            var includes = Includes(view)
            includes.add(objectsOf: self)
            if view.expansions.contains(.references) {
                for post in referenced() { includes.add(referenced: post) }
            }
            if !includes.isEmpty {
                json.raw(",\"includes\":")
                includes.write(to: &json)
            }
        }
        json.raw(",\"matching_rules\":[")
        for rule in rules {
            json.comma(unlessAfter: 91)
            json.raw("{\"id\":\"")
            json.bytes.append(contentsOf: rule.id.utf8)
            json.raw("\"")
            if let tag = rule.tag {
                json.raw(",\"tag\":")
                json.string(tag)
            }
            json.raw("}")
        }
        json.raw("]}")
    }

    /// Appends the post's object alone.
    func writeObject(_ fields: PostFields, spelling: FieldSpelling, to json: inout JSONText) {
        let isOld = spelling == .tweet
        json.raw("{")
        if fields.contains(.attachments), !mediaKeys.isEmpty {
            json.raw("\"attachments\":{\"media_keys\":[")
            for key in mediaKeys {
                json.comma(unlessAfter: 91)
                json.string(key)
            }
            json.raw("]},")
        }
        if fields.contains(.authorID) { writeID("\"author_id\":", Authors.id(author), to: &json) }
        if fields.contains(.conversationID) { writeID("\"conversation_id\":", conversation, to: &json) }
        if fields.contains(.createdAt) {
            json.raw("\"created_at\":\"")
            writeTime(to: &json)
            json.raw("\",")
        }
        if fields.contains(.history) { writeHistory(isOld, to: &json) }
        writeID("\"id\":", id, to: &json)
        if fields.contains(.lang) {
            json.raw("\"lang\":")
            json.string(lang)
            json.raw(",")
        }
        if fields.contains(.paidPartnership) {
            json.raw(isPaid ? "\"paid_partnership\":true," : "\"paid_partnership\":false,")
        }
        if fields.contains(.possiblySensitive) {
            json.raw(isSensitive ? "\"possibly_sensitive\":true," : "\"possibly_sensitive\":false,")
        }
        if fields.contains(.publicMetrics) { writeMetrics(isOld, to: &json) }
        if fields.contains(.references), !references.isEmpty {
            json.raw(isOld ? "\"referenced_tweets\":[" : "\"referenced_posts\":[")
            for reference in references {
                json.comma(unlessAfter: 91)
                json.raw("{\"type\":\"")
                json.bytes.append(contentsOf: reference.kind.rawValue.utf8)
                json.raw("\",\"id\":\"")
                json.number(reference.id)
                json.raw("\"}")
            }
            json.raw("],")
        }
        json.raw("\"text\":")
        json.string(utf8: text)
        if fields.contains(.withheld), !withheldCountries.isEmpty { writeWithheld(isOld, to: &json) }
        json.raw("}")
    }

    private func writeHistory(_ isOld: Bool, to json: inout JSONText) {
        json.raw(isOld ? "\"edit_history_tweet_ids\":[\"" : "\"edit_history_post_ids\":[\"")
        for version in earlierVersions {
            json.number(version)
            json.raw("\",\"")
        }
        json.number(id)
        for version in laterVersions {
            json.raw("\",\"")
            json.number(version)
        }
        json.raw("\"],")
    }

    private func writeID(_ name: StaticString, _ id: UInt64, to json: inout JSONText) {
        json.raw(name)
        json.raw("\"")
        json.number(id)
        json.raw("\",")
    }

    private func writeMetrics(_ isOld: Bool, to json: inout JSONText) {
        json.raw("\"public_metrics\":{")
        if isOld {
            json.raw("\"retweet_count\":")
            json.number(UInt64(repostCount))
            json.raw(",")
        }
        // X's own clients demand the new name whatever the spelling of the rest.
        json.raw("\"repost_count\":")
        json.number(UInt64(repostCount))
        json.raw(",\"reply_count\":")
        json.number(UInt64(replyCount))
        json.raw(",\"like_count\":")
        json.number(UInt64(likeCount))
        json.raw(",\"quote_count\":")
        json.number(UInt64(quoteCount))
        json.raw(",\"bookmark_count\":")
        json.number(UInt64(bookmarkCount))
        json.raw(",\"impression_count\":")
        json.number(UInt64(impressionCount))
        json.raw("},")
    }

    private func writeWithheld(_ isOld: Bool, to json: inout JSONText) {
        json.raw(",\"withheld\":{\"copyright\":false,\"country_codes\":[")
        for country in withheldCountries {
            json.comma(unlessAfter: 91)
            json.string(country)
        }
        json.raw(isOld ? "],\"scope\":\"tweet\"}" : "],\"scope\":\"post\"}")
    }

    /// X writes whole seconds with three zeros.
    private func writeTime(to json: inout JSONText) {
        withUnsafeTemporaryAllocation(byteCount: 27, alignment: 1) { buffer in
            Timestamp(microseconds: milliseconds * 1_000).writeRFC3339(to: buffer)
            json.bytes.append(contentsOf: buffer[..<20])
        }
        json.raw("000Z")
    }
}
