#ifndef REPRISE_JSON_TOKENS_HPP
#define REPRISE_JSON_TOKENS_HPP

#include "CSimdJSON.h"

#include <cstring>

/* The grammar of what has no structure: escapes and scalars. RFC 8259, sections 6 and 7. */
namespace reprise {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline bool is_hex(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* What may follow a backslash. */
inline bool is_escape(char c) {
    switch (c) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': case 'u': return true;
    default: return false;
    }
}

/* The first stage does not look at escapes. A backslash outside a string is no scalar, so the walk finds it. */
inline bool escapes_are_valid(const char *at, const char *end) {
    while ((at = static_cast<const char *>(std::memchr(at, '\\', end - at)))) {
        if (end - at < 2 || !is_escape(at[1])) return false;
        if (at[1] == 'u') {
            if (end - at < 6) return false;
            for (int i = 2; i < 6; i++)
                if (!is_hex(at[i])) return false;
        }
        at += 2;
    }
    return true;
}

inline bool number_is_valid(const char *at, const char *end) {
    if (*at == '-') at++;
    if (at == end || !is_digit(*at)) return false;
    if (*at == '0')
        at++;
    else
        while (at < end && is_digit(*at)) at++;
    if (at < end && *at == '.') {
        if (++at == end || !is_digit(*at)) return false;
        while (at < end && is_digit(*at)) at++;
    }
    if (at < end && (*at | 32) == 'e') {
        if (++at < end && (*at == '+' || *at == '-')) at++;
        if (at == end || !is_digit(*at)) return false;
        while (at < end && is_digit(*at)) at++;
    }
    return at == end;
}

/* Whether a token is true, false, null or a number. */
inline bool scalar_is_valid(const char *start, const char *stop) {
    size_t length = stop - start;
    switch (*start) {
    case 't': return length == 4 && std::memcmp(start, "true", 4) == 0;
    case 'f': return length == 5 && std::memcmp(start, "false", 5) == 0;
    case 'n': return length == 4 && std::memcmp(start, "null", 4) == 0;
    default: return number_is_valid(start, stop);
    }
}

/* Of names: their length, first and last character tell most of them apart. */
inline size_t name_hash(const char *name, size_t length) {
    if (length == 0) return 0;
    return (length * 5 + uint8_t(name[0]) * 3 + uint8_t(name[length - 1]) * 7) % REPRISE_JSON_HASHES;
}

/* Eight bytes at a time, the last of them beyond both: a call of memcmp costs more than most names. */
inline bool is_equal(const char *one, const char *other, size_t length) {
    uint64_t a, b;
    for (; length >= 8; one += 8, other += 8, length -= 8) {
        std::memcpy(&a, one, 8);
        std::memcpy(&b, other, 8);
        if (a != b) return false;
    }
    if (length == 0) return true;
    std::memcpy(&a, one, 8);
    std::memcpy(&b, other, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (a ^ b) << (64 - 8 * length) == 0;
#else
    return (a ^ b) >> (64 - 8 * length) == 0;
#endif
}

}  // namespace reprise

#endif
