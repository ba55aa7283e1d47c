#ifndef REPRISE_CZLIB_SHIM_H
#define REPRISE_CZLIB_SHIM_H

#include <zlib.h>

/* Macros of zlib.h that Swift does not see. 31: the largest window, and gzip's header and trailer around the data. */
static inline int reprise_gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}

#endif
