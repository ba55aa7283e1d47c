#ifndef REPRISE_CZSTD_SHIM_H
#define REPRISE_CZSTD_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
