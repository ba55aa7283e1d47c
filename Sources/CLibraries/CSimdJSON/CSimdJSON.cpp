#include "CSimdJSON.h"
#include "Walk.hpp"

#include <new>

namespace {

bool make_room(reprise_json_parser &self, size_t length) {
    if (self.stage && self.stage->capacity() >= length) return true;
    /* The first stage takes what it is given as its limit, and needs 4 bytes for each of it. */
    size_t capacity = 1 << 14;
    while (capacity < length) capacity *= 2;
    if (self.stage) return self.stage->set_capacity(capacity) == simdjson::SUCCESS;
    return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, self.stage) == simdjson::SUCCESS;
}

}  // namespace

extern "C" {

size_t reprise_json_padding(void) { return simdjson::SIMDJSON_PADDING; }

reprise_json_parser *reprise_json_parser_new(size_t slots) {
    try {
        auto self = std::make_unique<reprise_json_parser>();
        self->values.resize(slots);
        self->lists.resize(slots);
        return self.release();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void reprise_json_parser_free(reprise_json_parser *parser) { delete parser; }

void reprise_json_index(reprise_json_members *members) {
    for (auto &head : members->heads) head = 0;
    for (size_t i = members->count; i-- > 0;) {
        reprise_json_node &node = members->nodes[i];
        size_t &head = members->heads[reprise::name_hash(node.key, node.key_length)];
        node.alike = head;
        head = i + 1;
    }
}

enum reprise_json_outcome reprise_json_extract(
    reprise_json_parser *self, const char *document, size_t length, const reprise_json_members *members) {
    try {
        self->left_out = 0;
        for (auto &value : self->values) value = reprise::nothing;
        for (auto &list : self->lists) list.clear();
        if (length > UINT32_MAX - simdjson::SIMDJSON_PADDING || !make_room(*self, length)) return REPRISE_JSON_NO_MEMORY;
        auto bytes = reinterpret_cast<const uint8_t *>(document);
        if (self->stage->stage1(bytes, length, simdjson::stage1_mode::regular)) return REPRISE_JSON_MALFORMED;
        if (!reprise::escapes_are_valid(document, document + length)) return REPRISE_JSON_MALFORMED;
        reprise::walk reading(*self, document);
        if (!reading.is_object()) return REPRISE_JSON_MALFORMED;
        reading.object(*members, 0);
        if (!reading.is_at_end()) return REPRISE_JSON_MALFORMED;
        self->left_out = reading.left_out();
        return self->left_out ? REPRISE_JSON_WRONG_TYPE : REPRISE_JSON_OK;
    } catch (const reprise::failure &) {
        return REPRISE_JSON_MALFORMED;
    } catch (const std::bad_alloc &) {
        return REPRISE_JSON_NO_MEMORY;
    }
}

const reprise_json_value *reprise_json_values(const reprise_json_parser *parser) { return parser->values.data(); }

size_t reprise_json_left_out(const reprise_json_parser *parser) { return parser->left_out; }

const reprise_json_slice *reprise_json_list(const reprise_json_parser *parser, int slot, size_t *count) {
    *count = parser->lists[slot].size();
    return parser->lists[slot].data();
}
}
