#ifndef REPRISE_CMICROHTTPD_SHIM_H
#define REPRISE_CMICROHTTPD_SHIM_H

#include <microhttpd.h>

#endif
