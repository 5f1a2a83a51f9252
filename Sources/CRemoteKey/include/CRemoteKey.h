// An EVP_PKEY whose private half is somewhere else: what it has to sign is handed to a function of its owner.
//
// Why C: OpenSSL 3 takes foreign keys only from a provider, and a provider is made of tables of C functions. This is the
// smallest one that libssl is content with: it keeps a key's public half, answers questions about it, and signs by
// asking. It decides nothing else, and knows nothing of processes and sockets.
#ifndef SECURE_PROXY_CREMOTEKEY_H
#define SECURE_PROXY_CREMOTEKEY_H

#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;

// Who owns the private half.
struct cremotekey_owner {
    void *context;
    // Signs `message` with the TLS signature scheme `scheme` (RFC 8446 section 4.2.3). Answers the number of bytes
    // written to `signature`, or the negative of one of CREMOTEKEY_REASONS.
    int (*sign)(
        void *context, uint16_t scheme, const uint8_t *message, size_t count, uint8_t *signature, size_t capacity);
    // Called once when the key goes.
    void (*release)(void *context);
};

// Why a signature was not made; OpenSSL's error queue has them as reasons of the library `cremotekey_error_library`.
enum cremotekey_reason {
    CREMOTEKEY_TIMEOUT = 100,
    CREMOTEKEY_GONE,
    CREMOTEKEY_UNKNOWN_KEY,
    CREMOTEKEY_WRONG_SCHEME,
    CREMOTEKEY_NOT_TLS,
    CREMOTEKEY_FAILED,
};

// A key with the public half of `public_key`, which stays the caller's; NULL (and OpenSSL's error queue) when that type
// of key is not one for TLS. The owner belongs to the key, and was released already when there is none.
struct evp_pkey_st *cremotekey_make(struct evp_pkey_st *public_key, const struct cremotekey_owner *owner);

// The number under which OpenSSL's error queue has this file's reasons.
int cremotekey_error_library(void);

#endif
