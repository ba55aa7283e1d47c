#ifndef REPRISE_JSON_WALK_HPP
#define REPRISE_JSON_WALK_HPP

#include "CSimdJSON.h"
#include "Tokens.hpp"

#include <cstring>
#include <memory>
#include <simdjson.h>
#include <vector>

/* simdjson's first stage checks UTF-8, strings and control characters with vector instructions and leaves an index of where
 * every bracket, colon, comma, string and scalar begins. The walk reads that index once: it takes what is wanted and checks
 * the grammar of all the rest. simdjson's own on-demand walk only counts brackets where it passes over a value, and letting
 * it look at everything takes twice the time of this. */

struct reprise_json_parser {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
    std::vector<reprise_json_value> values;
    std::vector<std::vector<reprise_json_slice>> lists;
    size_t left_out = 0;
};

namespace reprise {

constexpr int depth_limit = 512;
constexpr reprise_json_value nothing = {{nullptr, 0}, 0, 0};

struct failure {};

[[noreturn]] inline void malformed() { throw failure(); }

class walk {
    reprise_json_parser &self;
    const char *text;
    const uint32_t *at, *end;
    /* Values of another type than wanted, as far as the walk has come. */
    size_t wrong_types = 0;

    /* The character that the index stands at; behind the last one a zero, which fits nowhere. */
    char peek() const { return at < end ? text[*at] : '\0'; }

    /* The end of the token that begins at the index: up to the next one or the document's end, white space left out. */
    const char *token_end() const {
        const char *stop = text + at[1];
        while (is_blank(stop[-1])) stop--;
        return stop;
    }

    /* The content of the string at the index, which moves on. */
    reprise_json_slice string() {
        const char *start = text + *at + 1;
        const char *stop = token_end();
        at++;
        return {start, size_t(stop - start - 1)};
    }

    void scalar() {
        if (at >= end || !scalar_is_valid(text + *at, token_end())) malformed();
        at++;
    }

    /* Whether the number at the index is a whole one that fits; the index moves on either way. */
    bool integer(int64_t &result) {
        const char *start = text + *at, *stop = token_end();
        if (!number_is_valid(start, stop)) malformed();
        at++;
        bool is_negative = *start == '-';
        if (is_negative) start++;
        bool fits = stop - start <= 19;
        uint64_t value = 0;
        for (; fits && start < stop; start++) {
            fits = is_digit(*start);
            value = value * 10 + uint64_t(*start - '0');
        }
        if (!fits || value > uint64_t(INT64_MAX) + is_negative) return false;
        result = int64_t(is_negative ? 0 - value : value);
        return true;
    }

    void pass_over(int depth) {
        switch (peek()) {
        case '{': object(depth); break;
        case '[': array(depth); break;
        case '"': at++; break;
        default: scalar();
        }
    }

    template <typename Element> void elements(Element element) {
        at++;
        if (peek() == ']') {
            at++;
            return;
        }
        while (true) {
            element();
            char next = peek();
            at++;
            if (next == ']') return;
            if (next != ',') malformed();
        }
    }

    template <typename Member> void each_member(int depth, Member member) {
        if (depth >= depth_limit) malformed();
        at++;
        if (peek() == '}') {
            at++;
            return;
        }
        while (true) {
            if (peek() != '"') malformed();
            member();
            char next = peek();
            at++;
            if (next == '}') return;
            if (next != ',') malformed();
        }
    }

    /* An object that nobody wants anything of. */
    void object(int depth) {
        each_member(depth, [&] {
            /* The name, its colon, a value and what follows: one look at the end for all of them. */
            if (end - at < 4 || text[at[1]] != ':') malformed();
            at += 2;
            if (text[*at] == '"')
                at++;
            else
                pass_over(depth + 1);
        });
    }

    void array(int depth) {
        if (depth >= depth_limit) malformed();
        elements([&] { pass_over(depth + 1); });
    }

    void each(const reprise_json_node *node, int depth) {
        elements([&] {
            if (peek() != '{') {
                wrong_types++;
                return pass_over(depth + 1);
            }
            const auto &[nodes, count, heads] = *node->children;
            for (size_t i = 0; i < count; i++) self.values[nodes[i].slot] = nothing;
            object(*node->children, depth + 1);
            for (size_t i = 0; i < count; i++)
                self.lists[nodes[i].slot].push_back(self.values[nodes[i].slot].string);
        });
    }

    void items(const reprise_json_node *node, int depth) {
        auto &list = self.lists[node->slot];
        list.clear();
        elements([&] {
            const char *start = text + *at;
            pass_over(depth + 1);
            /* What follows is a comma or a bracket, or the element was the last thing there is. */
            const char *stop = text + *at;
            while (is_blank(stop[-1])) stop--;
            list.push_back({start, size_t(stop - start)});
        });
    }

    /* Of a name that stands twice the last value counts, and nothing is left of the first: before an object is read, its
     * members are empty. */
    void forget(const reprise_json_node *node) {
        if (node->slot >= 0) self.values[node->slot] = nothing;
        if (node->kind == REPRISE_JSON_ITEMS) self.lists[node->slot].clear();
        if (!node->children) return;
        for (size_t i = 0; i < node->children->count; i++) {
            const reprise_json_node *child = node->children->nodes + i;
            if (node->kind == REPRISE_JSON_EACH) self.lists[child->slot].clear();
            forget(child);
        }
    }

    /* The names wanted of one object, and which of them stood there already. */
    struct names {
        const reprise_json_members &wanted;
        uint64_t seen = 0;

        const reprise_json_node *find(reprise_json_slice key) const {
            for (size_t i = wanted.heads[name_hash(key.bytes, key.length)]; i;) {
                const reprise_json_node *node = wanted.nodes + (i - 1);
                if (node->key_length == key.length && is_equal(node->key, key.bytes, key.length)) return node;
                i = node->alike;
            }
            return nullptr;
        }

        /* Whether a member stood there before; said too of those beyond the 64th. */
        bool is_again(const reprise_json_node *node) {
            size_t i = size_t(node - wanted.nodes);
            if (i >= 64) return true;
            bool was_seen = seen >> i & 1;
            seen |= uint64_t(1) << i;
            return was_seen;
        }
    };

    void member(const reprise_json_node *node, int depth) {
        char first = peek();
        if (first == 'n') return scalar(); /* null: as if it were not there */
        reprise_json_value *slot = node->slot >= 0 ? &self.values[node->slot] : nullptr;
        if (slot) slot->present = 1;
        switch (node->kind) {
        case REPRISE_JSON_OBJECT:
            if (first != '{') break;
            return object(*node->children, depth);
        case REPRISE_JSON_EACH:
            if (first != '[') break;
            return each(node, depth);
        case REPRISE_JSON_ITEMS:
            if (first != '[') break;
            return items(node, depth);
        case REPRISE_JSON_STRING:
            if (first != '"') break;
            slot->string = string();
            return;
        case REPRISE_JSON_INTEGER:
            if (first != '-' && !is_digit(first)) break;
            if (integer(slot->integer)) return;
            *slot = nothing;
            wrong_types++;
            return;
        case REPRISE_JSON_PRESENT: return pass_over(depth);
        }
        /* As if it were not there. */
        if (slot) *slot = nothing;
        wrong_types++;
        pass_over(depth);
    }

public:
    walk(reprise_json_parser &self, const char *text)
        : self(self), text(text), at(self.stage->structural_indexes.get()), end(at + self.stage->n_structural_indexes) {}

    void object(const reprise_json_members &members, int depth) {
        names wanted{members};
        each_member(depth, [&] {
            const reprise_json_node *found = wanted.find(string());
            if (peek() != ':') malformed();
            at++;
            if (!found) return pass_over(depth + 1);
            if (wanted.is_again(found)) forget(found);
            member(found, depth + 1);
        });
    }

    bool is_object() const { return peek() == '{'; }
    bool is_at_end() const { return at == end; }
    size_t left_out() const { return wrong_types; }
};

}  // namespace reprise

#endif
