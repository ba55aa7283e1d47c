#include "CSimdJSON.h"

#include <cstring>
#include <new>
#include <simdjson.h>
#include <string_view>
#include <vector>

using namespace simdjson;

struct reprise_json_parser {
    ondemand::parser parser;
    std::vector<reprise_json_value> values;
    std::vector<std::vector<reprise_json_slice>> lists;
};

namespace {

struct failure {
    reprise_json_outcome outcome;
};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* simdjson checks escapes only where it resolves them, and here they are handed on as they are. */
bool escapes_are_valid(const char *at, const char *end) {
    while ((at = static_cast<const char *>(std::memchr(at, '\\', end - at)))) {
        if (end - at < 2 || !std::strchr("\"\\/bfnrtu", at[1]) || at[1] == '\0') return false;
        if (at[1] == 'u') {
            if (end - at < 6) return false;
            for (int i = 2; i < 6; i++)
                if (!is_hex(at[i])) return false;
        }
        at += 2;
    }
    return true;
}

/* A token reaches up to the next structural character, so white space may follow the string's closing quote. */
reprise_json_slice content(std::string_view token) {
    size_t end = token.size();
    while (end > 1 && token[end - 1] != '"') end--;
    if (end < 2 || !escapes_are_valid(token.data() + 1, token.data() + end - 1)) throw failure{REPRISE_JSON_MALFORMED};
    return {token.data() + 1, end - 2};
}

const reprise_json_node *find(ondemand::raw_json_string key, const reprise_json_node *nodes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (std::memcmp(key.raw(), nodes[i].key, nodes[i].key_length) == 0 && key.raw()[nodes[i].key_length] == '"')
            return &nodes[i];
    }
    return nullptr;
}

void check(error_code error) {
    if (error == SUCCESS) return;
    throw failure{error == INCORRECT_TYPE || error == NUMBER_ERROR ? REPRISE_JSON_WRONG_TYPE : REPRISE_JSON_MALFORMED};
}

void forget(reprise_json_parser &self, const reprise_json_node *nodes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].slot >= 0) self.values[nodes[i].slot] = {{nullptr, 0}, 0, 0};
        if (nodes[i].kind == REPRISE_JSON_EACH)
            for (size_t k = 0; k < nodes[i].child_count; k++) self.lists[nodes[i].children[k].slot].clear();
        forget(self, nodes[i].children, nodes[i].child_count);
    }
}

void object(reprise_json_parser &self, ondemand::object members, const reprise_json_node *nodes, size_t count);

void each(reprise_json_parser &self, ondemand::value value, const reprise_json_node *node) {
    ondemand::array array;
    check(value.get_array().get(array));
    for (auto element : array) {
        ondemand::object members;
        check(element.get_object().get(members));
        for (size_t i = 0; i < node->child_count; i++) self.values[node->children[i].slot] = {{nullptr, 0}, 0, 0};
        object(self, members, node->children, node->child_count);
        for (size_t i = 0; i < node->child_count; i++)
            self.lists[node->children[i].slot].push_back(self.values[node->children[i].slot].string);
    }
}

void member(reprise_json_parser &self, ondemand::value value, const reprise_json_node *node) {
    forget(self, node, 1);
    ondemand::json_type type;
    check(value.type().get(type));
    if (type == ondemand::json_type::null) {
        bool is_null = false;
        check(value.is_null().get(is_null));
        if (!is_null) throw failure{REPRISE_JSON_MALFORMED};
        return;
    }
    reprise_json_value *slot = node->slot >= 0 ? &self.values[node->slot] : nullptr;
    if (slot) slot->present = 1;
    switch (node->kind) {
    case REPRISE_JSON_OBJECT: {
        ondemand::object members;
        check(value.get_object().get(members));
        object(self, members, node->children, node->child_count);
        break;
    }
    case REPRISE_JSON_EACH:
        each(self, value, node);
        break;
    case REPRISE_JSON_STRING:
        if (type != ondemand::json_type::string) throw failure{REPRISE_JSON_WRONG_TYPE};
        slot->string = content(value.raw_json_token());
        break;
    case REPRISE_JSON_INTEGER:
        if (type != ondemand::json_type::number) throw failure{REPRISE_JSON_WRONG_TYPE};
        check(value.get_int64().get(slot->integer));
        break;
    case REPRISE_JSON_PRESENT:
        break;
    }
}

void object(reprise_json_parser &self, ondemand::object members, const reprise_json_node *nodes, size_t count) {
    for (auto field : members) {
        ondemand::raw_json_string key;
        check(field.key().get(key));
        const reprise_json_node *node = find(key, nodes, count);
        if (!node) continue;
        ondemand::value value;
        check(field.value().get(value));
        member(self, value, node);
    }
}

}  // namespace

extern "C" {

size_t reprise_json_padding(void) { return SIMDJSON_PADDING; }

reprise_json_parser *reprise_json_parser_new(size_t slots) {
    try {
        auto *self = new reprise_json_parser();
        self->values.resize(slots);
        self->lists.resize(slots);
        return self;
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void reprise_json_parser_free(reprise_json_parser *parser) { delete parser; }

enum reprise_json_outcome reprise_json_extract(
    reprise_json_parser *self, const char *document, size_t length, const reprise_json_node *members, size_t count) {
    try {
        forget(*self, members, count);
        ondemand::document read;
        error_code error = self->parser.iterate(document, length, length + SIMDJSON_PADDING).get(read);
        if (error == MEMALLOC) return REPRISE_JSON_NO_MEMORY;
        check(error);
        ondemand::object root;
        if (read.get_object().get(root)) return REPRISE_JSON_MALFORMED;
        object(*self, root, members, count);
        /* Behind the object there must be nothing: then there is no location either. */
        return read.current_location().error() == OUT_OF_BOUNDS ? REPRISE_JSON_OK : REPRISE_JSON_MALFORMED;
    } catch (const failure &failed) {
        return failed.outcome;
    } catch (const simdjson_error &) {
        return REPRISE_JSON_MALFORMED;
    } catch (const std::bad_alloc &) {
        return REPRISE_JSON_NO_MEMORY;
    }
}

const reprise_json_value *reprise_json_values(const reprise_json_parser *parser) { return parser->values.data(); }

const reprise_json_slice *reprise_json_list(const reprise_json_parser *parser, int slot, size_t *count) {
    *count = parser->lists[slot].size();
    return parser->lists[slot].data();
}
}
