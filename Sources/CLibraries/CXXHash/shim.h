#ifndef REPRISE_CXXHASH_SHIM_H
#define REPRISE_CXXHASH_SHIM_H

/* Header-only form: the compiler inlines the hash, and nothing is linked. */
#define XXH_INLINE_ALL
#include <xxhash.h>

/* XXH3-64; a function of our own, because the header-only form renames its own by macro. */
static inline unsigned long long reprise_xxh3(const void *bytes, size_t length) {
    return XXH3_64bits(bytes, length);
}

/* XXH3-64 of two runs of bytes that stand in different places, as if they were one. */
static inline unsigned long long reprise_xxh3_two(const void *a, size_t a_len, const void *b, size_t b_len) {
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, a, a_len);
    XXH3_64bits_update(&state, b, b_len);
    return XXH3_64bits_digest(&state);
}

#endif
