#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lean.h"

static BIO_METHOD *method;

// MARK: The BIO

static bool append_output(struct wire_loop *loop, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        if (loop->output_count == OUTPUT_ROOM && !wire_flush(loop, loop->current)) return false;
        size_t room = OUTPUT_ROOM - loop->output_count;
        size_t step = count < room ? count : room;
        memcpy(loop->output + loop->output_count, bytes, step);
        loop->output_count += step;
        bytes += step;
        count -= step;
    }
    return true;
}

static long receive(struct wire_loop *loop, struct wire *wire, void *buffer, size_t room) {
    if (wire->drained || wire->finished) return -1;
    if (loop->budget <= 0) {
        loop->more = true;
        return -1;
    }
    ssize_t count;
    do count = recv(wire->fd, buffer, room, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        wire->drained = true;
        if (errno != EAGAIN) wire->error = errno;
        return -1;
    }
    if (count == 0) {
        wire->finished = true;
        return 0;
    }
    // The peer's FIN does not make a receive short, but brings an event of its own, which clears `drained`.
    if ((size_t)count < room) wire->drained = true;
    loop->budget -= count;
    loop->bytes_in += (uint64_t)count;
    return count;
}

static int bio_read(BIO *bio, char *buffer, int room) {
    struct wire_loop *loop = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    long count = receive(loop, loop->current, buffer, (size_t)room);
    if (count < 0 && loop->current->error == 0 && !loop->current->finished) BIO_set_retry_read(bio);
    return (int)count;
}

static int bio_write(BIO *bio, const char *bytes, int count) {
    struct wire_loop *loop = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    return append_output(loop, (const uint8_t *)bytes, (size_t)count) ? count : -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)number, (void)pointer;
    struct wire_loop *loop = BIO_get_data(bio);
    if (command == BIO_CTRL_EOF) return loop->current != NULL && loop->current->finished;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP;
}

// MARK: Contexts

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    struct wire_loop *loop = BIO_get_data(SSL_get_rbio(ssl));
    SSL_SESSION_free(loop->session);
    loop->session = session;
    return 1;
}

static int accept_any(X509_STORE_CTX *store, void *argument) {
    (void)store, (void)argument;
    return 1;
}

static void refuse(const char *option, const char *value) {
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    fprintf(stderr, "secure-proxy-bench: --%s %s: %s\n", option, value, reason);
    exit(2);
}

SSL_CTX *wire_context(const struct options *options) {
    if (!options->tls) return NULL;
    SSL_CTX *context = SSL_CTX_new_ex(lean_context(), NULL, TLS_client_method());
    if (context == NULL) abort();
    int least = options->version == TLS_13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    int most = options->version == TLS_12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX_set_min_proto_version(context, least);
    SSL_CTX_set_max_proto_version(context, most);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    // Bulk wants fewer, larger receives; for messages OpenSSL's own size of one record is right.
    if (options->downloads > 0) SSL_CTX_set_default_read_buffer_len(context, 64 * 1024);
    if (options->resume) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, keep_session);
    } else {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    }
    if (options->ciphers != NULL && SSL_CTX_set_cipher_list(context, options->ciphers) != 1)
        refuse("ciphers", options->ciphers);
    if (options->ciphersuites != NULL && SSL_CTX_set_ciphersuites(context, options->ciphersuites) != 1)
        refuse("ciphersuites", options->ciphersuites);
    if (options->groups != NULL && SSL_CTX_set1_groups_list(context, options->groups) != 1)
        refuse("groups", options->groups);
    // OpenSSL would build and check the chain even where nobody asks for the result.
    if (options->insecure) SSL_CTX_set_cert_verify_callback(context, accept_any, NULL);
    if (options->authority != NULL && !options->insecure) {
        if (SSL_CTX_load_verify_locations(context, options->authority, NULL) != 1) refuse("ca", options->authority);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    }
    return context;
}

void wire_loop_prepare(struct wire_loop *loop, SSL_CTX *context) {
    memset(loop, 0, sizeof *loop);
    loop->context = context;
    loop->output = malloc(OUTPUT_ROOM);
    if (loop->output == NULL) abort();
    if (context == NULL) return;
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_ctrl(method, bio_control);
    }
    loop->bio = BIO_new(method);
    if (loop->bio == NULL) abort();
    BIO_set_data(loop->bio, loop);
    BIO_set_init(loop->bio, 1);
}

void wire_loop_release(struct wire_loop *loop) {
    SSL_SESSION_free(loop->session);
    BIO_free(loop->bio);
    free(loop->output);
}

// MARK: Opening

int wire_connect(struct wire *wire, const struct options *options, uint32_t number) {
    *wire = (struct wire){.fd = -1};
    int fd = socket(options->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return -1;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (options->sources > 0) {
        // The port is chosen when the peer is known, so that one source has 28,000 ports for every target.
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr = htonl(0x7f000001 + number % (uint32_t)options->sources);
        if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0) goto failed;
    }
    if (connect(fd, (const struct sockaddr *)&options->address, options->address_length) < 0 && errno != EINPROGRESS)
        goto failed;
    wire->fd = fd;
    return 0;
failed:;
    int error = errno;
    close(fd);
    errno = wire->error = error;
    return -1;
}

bool wire_secure(struct wire_loop *loop, struct wire *wire, const struct options *options) {
    wire->ssl = SSL_new(loop->context);
    if (wire->ssl == NULL) return false;
    BIO_up_ref(loop->bio);
    SSL_set_bio(wire->ssl, loop->bio, loop->bio);
    SSL_set_connect_state(wire->ssl);
    const char *name = options->server_name != NULL ? options->server_name : options->target_host;
    struct in6_addr literal;
    bool is_address = inet_pton(AF_INET, name, &literal) == 1 || inet_pton(AF_INET6, name, &literal) == 1;
    if (!is_address) SSL_set_tlsext_host_name(wire->ssl, name);
    if (options->authority != NULL && !options->insecure) {
        if (is_address) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(wire->ssl), name);
        else SSL_set1_host(wire->ssl, name);
    }
    if (options->resume && loop->session != NULL) SSL_set_session(wire->ssl, loop->session);
    return true;
}

static enum wire_result judge(struct wire *wire, int result) {
    switch (SSL_get_error(wire->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return WIRE_AGAIN;
    case SSL_ERROR_ZERO_RETURN: return WIRE_ENDED;
    default: return wire->finished && wire->error == 0 ? WIRE_ENDED : WIRE_FAILED;
    }
}

enum wire_result wire_handshake(struct wire_loop *loop, struct wire *wire) {
    (void)loop;
    ERR_clear_error();
    int result = SSL_do_handshake(wire->ssl);
    return result == 1 ? WIRE_DONE : judge(wire, result);
}

// MARK: Bytes

enum wire_result wire_read(struct wire_loop *loop, struct wire *wire, uint8_t *buffer, size_t room, size_t *count) {
    if (wire->ssl == NULL) {
        long got = receive(loop, wire, buffer, room);
        *count = got > 0 ? (size_t)got : 0;
        return got > 0 ? WIRE_DONE : wire->finished ? WIRE_ENDED : wire->error != 0 ? WIRE_FAILED : WIRE_AGAIN;
    }
    ERR_clear_error();
    int result = SSL_read_ex(wire->ssl, buffer, room, count);
    return result == 1 ? WIRE_DONE : judge(wire, result);
}

bool wire_may_read(const struct wire *wire) {
    return !wire->drained || (wire->ssl != NULL && SSL_has_pending(wire->ssl));
}

bool wire_write(struct wire_loop *loop, struct wire *wire, const uint8_t *bytes, size_t count) {
    if (wire->ssl == NULL) return append_output(loop, bytes, count);
    size_t written;
    return SSL_write_ex(wire->ssl, bytes, count, &written) == 1;
}

static bool send_all(struct wire_loop *loop, struct wire *wire, const uint8_t *bytes, size_t *count) {
    size_t at = 0;
    while (at < *count) {
        ssize_t sent = send(wire->fd, bytes + at, *count - at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0) {
            wire->error = errno;
            return false;
        }
        at += (size_t)sent;
        loop->bytes_out += (uint64_t)sent;
        if (at < *count) break;  // it took a part: its buffer is full
    }
    *count = at;
    return true;
}

static void keep_pending(struct wire *wire, const uint8_t *bytes, size_t count) {
    if (wire->pending_start + wire->pending_count + count > wire->pending_room) {
        size_t room = 2 * wire->pending_count + count + 16384;
        uint8_t *grown = malloc(room);
        if (grown == NULL) abort();
        if (wire->pending_count > 0) memcpy(grown, wire->pending + wire->pending_start, wire->pending_count);
        free(wire->pending);
        wire->pending = grown;
        wire->pending_start = 0;
        wire->pending_room = room;
    }
    memcpy(wire->pending + wire->pending_start + wire->pending_count, bytes, count);
    wire->pending_count += count;
}

bool wire_flush(struct wire_loop *loop, struct wire *wire) {
    if (wire->pending_count > 0) {
        size_t sent = wire->pending_count;
        if (!send_all(loop, wire, wire->pending + wire->pending_start, &sent)) return false;
        wire->pending_start += sent;
        wire->pending_count -= sent;
        if (wire->pending_count == 0) {
            free(wire->pending);
            wire->pending = NULL;
            wire->pending_start = wire->pending_room = 0;
        }
    }
    size_t count = loop->output_count;
    if (count > 0) {
        size_t sent = wire->pending_count == 0 ? count : 0;
        if (sent > 0 && !send_all(loop, wire, loop->output, &sent)) return false;
        if (sent < count) keep_pending(wire, loop->output + sent, count - sent);
        loop->output_count = 0;
    }
    if (wire->finishing && wire->pending_count == 0) {
        wire->finishing = false;
        shutdown(wire->fd, SHUT_WR);
    }
    return true;
}

// MARK: Ending

bool wire_finish(struct wire_loop *loop, struct wire *wire) {
    if (wire->ssl != NULL) SSL_shutdown(wire->ssl);
    wire->finishing = true;
    return wire_flush(loop, wire);
}

void wire_close(struct wire_loop *loop, struct wire *wire, bool reset) {
    if (wire->fd < 0) return;
    loop->output_count = 0;
    if (wire->ssl != NULL) {
        // A session whose connection ended without this would count as not resumable.
        SSL_set_shutdown(wire->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(wire->ssl);
    }
    if (reset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(wire->fd);
    free(wire->pending);
    *wire = (struct wire){.fd = -1};
}

void wire_explain(const struct wire *wire, char *text, size_t room) {
    unsigned long error = ERR_peek_error();
    if (wire->error != 0) {
        snprintf(text, room, "%s", strerror(wire->error));
    } else if (wire->ssl != NULL && SSL_get_verify_result(wire->ssl) != X509_V_OK && error != 0 &&
               ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        snprintf(text, room, "the certificate does not pass: %s",
                 X509_verify_cert_error_string(SSL_get_verify_result(wire->ssl)));
    } else if (error != 0) {
        ERR_error_string_n(error, text, room);
    } else {
        snprintf(text, room, "%s", wire->finished ? "ended by the peer" : "broken");
    }
}
