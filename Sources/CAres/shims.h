// c-ares as Swift sees it.
#ifndef SECURE_PROXY_CARES_SHIMS_H
#define SECURE_PROXY_CARES_SHIMS_H

#include <ares.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// Sockets that are non-blocking and close-on-exec from the start. c-ares itself would make them so afterwards, with a
// call that workers are not allowed (F_SETFL: it also takes O_APPEND off a log). The rest is what c-ares does.

static inline ares_socket_t cares_socket(int domain, int type, int protocol, void *context) {
    (void)context;
    int number = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    int on = 1;
    if (number >= 0 && type == SOCK_STREAM) setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return number;
}

static inline int cares_close(ares_socket_t number, void *context) {
    (void)context;
    return close(number);
}

static inline int cares_connect(ares_socket_t number, const struct sockaddr *address, ares_socklen_t size,
                                void *context) {
    (void)context;
    return connect(number, address, size);
}

static inline ares_ssize_t cares_receive(ares_socket_t number, void *buffer, size_t capacity, int flags,
                                         struct sockaddr *from, ares_socklen_t *size, void *context) {
    (void)context;
    return recvfrom(number, buffer, capacity, flags, from, size);
}

static inline ares_ssize_t cares_send(ares_socket_t number, const struct iovec *parts, int count, void *context) {
    (void)context;
    return writev(number, parts, count);
}

// To be called before the channel's first query.
static inline void cares_use_nonblocking_sockets(ares_channel channel) {
    static const struct ares_socket_functions functions = {
        cares_socket, cares_close, cares_connect, cares_receive, cares_send,
    };
    ares_set_socket_functions(channel, &functions, NULL);
}

#endif
