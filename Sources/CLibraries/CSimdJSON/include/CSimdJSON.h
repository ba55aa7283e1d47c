#ifndef REPRISE_CSIMDJSON_H
#define REPRISE_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is wanted from a document: a tree of member names. It knows no schema; its users do. */
enum reprise_json_kind {
    REPRISE_JSON_OBJECT = 0,  /* go on with the children */
    REPRISE_JSON_STRING = 1,  /* a string: its raw content, escapes included */
    REPRISE_JSON_INTEGER = 2, /* a whole number that fits 64 bits */
    REPRISE_JSON_EACH = 3,    /* an array of objects: of each the children, which are strings; they become lists */
    REPRISE_JSON_PRESENT = 4, /* only whether it is there and not null */
    REPRISE_JSON_ITEMS = 5,   /* an array: of each element where it stands, brackets or quotes included; they become a list */
};

typedef struct reprise_json_node {
    const char *key; /* with 7 bytes behind it that can be read */
    size_t key_length;
    enum reprise_json_kind kind;
    int slot; /* where a value goes; -1 for OBJECT and EACH */
    const struct reprise_json_members *children; /* of OBJECT and EACH, else NULL */
    size_t alike; /* 1 + the number of the next member with an equal hash; 0 for none: reprise_json_index sets it */
} reprise_json_node;

#define REPRISE_JSON_HASHES 64

/* The members wanted of an object, found by a hash of their names. */
typedef struct reprise_json_members {
    reprise_json_node *nodes;
    size_t count;
    size_t heads[REPRISE_JSON_HASHES]; /* 1 + the number of the first member with this hash; 0 for none */
} reprise_json_members;

/* Fills in heads and alike, before the members are used. */
void reprise_json_index(reprise_json_members *members);

/* A run of bytes inside the document; bytes is NULL where the document has no such value, or null. */
typedef struct {
    const char *bytes;
    size_t length;
} reprise_json_slice;

typedef struct {
    reprise_json_slice string;
    int64_t integer;
    int present;
} reprise_json_value;

enum reprise_json_outcome {
    REPRISE_JSON_OK = 0,
    REPRISE_JSON_MALFORMED = 1,  /* not JSON, no object, deeper than 512 levels, or more than one document */
    REPRISE_JSON_WRONG_TYPE = 2, /* it is JSON, but values that are wanted have another type; those are left out, the others are there */
    REPRISE_JSON_NO_MEMORY = 3,
};

typedef struct reprise_json_parser reprise_json_parser;

/* Bytes that must be readable past the end of every document given to simdjson. */
size_t reprise_json_padding(void);

/* NULL where memory runs out. */
reprise_json_parser *reprise_json_parser_new(size_t slots);
void reprise_json_parser_free(reprise_json_parser *parser);

/* Reads one document, an object, in one pass, and checks all of it; of a name that stands twice the last value counts.
 * Values and lists point into the document and stay until the next call. */
enum reprise_json_outcome reprise_json_extract(
    reprise_json_parser *parser, const char *document, size_t length, const reprise_json_members *members);

const reprise_json_value *reprise_json_values(const reprise_json_parser *parser);

/* How many values of the document read last were left out because they have another type than wanted. */
size_t reprise_json_left_out(const reprise_json_parser *parser);

/* What an EACH or ITEMS found for a slot, one an element; an element of EACH without it has bytes NULL. */
const reprise_json_slice *reprise_json_list(const reprise_json_parser *parser, int slot, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
