#ifndef REPRISE_CSQLITE_SHIM_H
#define REPRISE_CSQLITE_SHIM_H

#include <sqlite3.h>

#endif
