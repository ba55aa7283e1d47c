#ifndef REPRISE_CMICROHTTPD_SHIM_H
#define REPRISE_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
/* Not part of the Glibc module. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/socket.h>

/* Keeps request targets as they were sent: we decode them ourselves, so that %00 cannot cut a path short. */
static inline size_t reprise_mhd_keep_escapes(void *cls, struct MHD_Connection *connection, char *text) {
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* MHD_start_daemon is variadic, which Swift cannot call. One polling thread, epoll, suspended connections. */
static inline struct MHD_Daemon *reprise_mhd_start(
    int listen_fd, unsigned int connection_limit, size_t memory_limit, unsigned int timeout_seconds,
    MHD_AccessHandlerCallback handler, void *handler_cls, MHD_RequestCompletedCallback completed, void *completed_cls,
    void *(*target)(void *, const char *, struct MHD_Connection *), void *target_cls,
    MHD_NotifyConnectionCallback changed, void *changed_cls) {
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
        handler, handler_cls,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
        MHD_OPTION_NOTIFY_COMPLETED, completed, completed_cls,
        MHD_OPTION_URI_LOG_CALLBACK, target, target_cls,
        MHD_OPTION_NOTIFY_CONNECTION, changed, changed_cls,
        MHD_OPTION_UNESCAPE_CALLBACK, reprise_mhd_keep_escapes, NULL,
        MHD_OPTION_END);
}

/* MHD_get_connection_info is variadic and answers with a union. The descriptor, or -1. */
static inline int reprise_mhd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* The peer's address, or NULL. */
static inline const struct sockaddr *reprise_mhd_peer(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

/* MHD_set_connection_option is variadic. 0 = never times out. */
static inline enum MHD_Result reprise_mhd_set_timeout(struct MHD_Connection *connection, unsigned int seconds) {
    return MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

/* MHD_SIZE_UNKNOWN and the content reader's answers are macros with casts. */
static inline struct MHD_Response *reprise_mhd_stream(
    size_t block_size, MHD_ContentReaderCallback read, void *cls, MHD_ContentReaderFreeCallback release) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_size, read, cls, release);
}
static inline ssize_t reprise_mhd_end(void) { return MHD_CONTENT_READER_END_OF_STREAM; }
static inline ssize_t reprise_mhd_end_with_error(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }

/* Accept a connection when its first bytes are there, or after about so many seconds: tcp(7). */
static inline int reprise_tcp_defer_accept(int descriptor, int seconds) {
    return setsockopt(descriptor, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

/* Disconnecting a TCP socket by connect(2) with AF_UNSPEC sends a reset at once; SO_LINGER 0 would not, because
   libmicrohttpd shuts the socket down before it closes it. */
static inline int reprise_tcp_reset(int descriptor) {
    struct sockaddr nobody;
    memset(&nobody, 0, sizeof nobody);
    nobody.sa_family = AF_UNSPEC;
    return connect(descriptor, &nobody, sizeof nobody);
}

#endif
