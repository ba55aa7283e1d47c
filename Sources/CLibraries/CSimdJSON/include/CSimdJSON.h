#ifndef REPRISE_CSIMDJSON_H
#define REPRISE_CSIMDJSON_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that must be readable past the end of every document given to simdjson. */
size_t reprise_json_padding(void);

#ifdef __cplusplus
}
#endif

#endif
