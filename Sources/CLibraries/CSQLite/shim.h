#ifndef REPRISE_CSQLITE_SHIM_H
#define REPRISE_CSQLITE_SHIM_H

#include <sqlite3.h>

/* A null pointer would be bound as NULL, so empty text and bytes point to "". SQLITE_TRANSIENT is a cast that Swift cannot import: SQLite copies the bytes before the call returns. */
static inline int reprise_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 length) {
    return sqlite3_bind_text64(statement, index, text ? text : "", length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int reprise_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 length) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", length, SQLITE_TRANSIENT);
}

/* SQLITE_STATIC likewise: the bytes must stay where they are until the statement is reset or bound anew. */
static inline int reprise_bind_static_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 length) {
    return sqlite3_bind_text64(statement, index, text ? text : "", length, SQLITE_STATIC, SQLITE_UTF8);
}

/* Syncs the write-ahead log, as SQLite itself does at a commit under synchronous=FULL; its file is reached through two levels of pointers and a table of functions, which is clumsy from Swift. */
static inline int reprise_sync_log(sqlite3 *database) {
    sqlite3_file *log = 0;
    int result = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (result != SQLITE_OK || !log || !log->pMethods) return result; /* no log yet: nothing was written */
    return log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

#endif
