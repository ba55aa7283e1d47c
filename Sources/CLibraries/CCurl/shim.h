#ifndef REPRISE_CCURL_SHIM_H
#define REPRISE_CCURL_SHIM_H

#include <curl/curl.h>

#endif
