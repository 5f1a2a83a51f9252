// What the trials have in common: loopback sockets, the stand-in for TLS and frames, and counting.
#ifndef TRIAL_H
#define TRIAL_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };  // one receive takes at most this much

static struct {
    uint64_t system_calls, turns, pieces, bytes;
} counts;

// Every system call of the steady state is made through this, so that counting needs no tracer.
#define CALL(call) (counts.system_calls++, (call))

static volatile sig_atomic_t asked_to_stop;
static inline void stop(int number) {
    (void)number;
    asked_to_stop = 1;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// SIGTERM ends the wait of the loop, which then prints what it counted.
static inline void listen_to_signals(void) {
    struct sigaction action = {.sa_handler = stop};
    if (sigaction(SIGTERM, &action, NULL) != 0) fail("sigaction");
    signal(SIGPIPE, SIG_IGN);
}

static inline void print_counts(void) {
    printf("{\"system_calls\": %lu, \"turns\": %lu, \"pieces\": %lu, \"bytes\": %lu}\n", counts.system_calls,
           counts.turns, counts.pieces, counts.bytes);
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static inline int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in address = loopback(port);
    if (listener < 0) fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
    if (listen(listener, 1024) != 0) fail("listen");
    return listener;
}

// Waits for the handshake: over loopback it is over at once, and dialling isn't what is measured.
static inline int connect_to(int port) {
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (made < 0) fail("socket");
    if (connect(made, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    return made;
}

static inline void no_delay(int socket) {
    int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

// Stands in for decrypting and unmasking: every byte is read and written once. The mask is 0, but the compiler can't
// know it, so the peers still see the bytes they expect.
static volatile uint64_t mask_from_outside;
static inline void transform(char *bytes, size_t length) {
    uint64_t mask = mask_from_outside, word;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        memcpy(&word, bytes + at, 8);
        word ^= mask;
        memcpy(bytes + at, &word, 8);
    }
    for (; at < length; at++) bytes[at] ^= (char)mask;
}

#endif
