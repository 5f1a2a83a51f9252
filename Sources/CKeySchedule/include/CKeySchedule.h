// The key schedule of TLS 1.3 (RFC 8446 section 7.1) as a key derivation function of OpenSSL.
//
// Why it exists: a server's handshake derives some twenty secrets, and OpenSSL 3.0 fetches, allocates and frees a tower
// of objects for each: a sixth of the handshake's instructions. And the record layer (RecordLayer.swift) needs two of the
// secrets, for which OpenSSL's only other way out is the key log, which writes all of them in hexadecimal. So the
// daemon's contexts are made with `ckeyschedule_properties`, which prefers the function here. It computes the same with
// OpenSSL's SHA-256 and SHA-384, and copies the two secrets to whoever asks for them.
//
// A configuration that insists on other providers (`default_properties = fips=yes`) does not get this one; then nothing is captured, and records
// stay OpenSSL's business.
#ifndef SECURE_PROXY_CKEYSCHEDULE_H
#define SECURE_PROXY_CKEYSCHEDULE_H

#include <stddef.h>

// As long as SHA-384, the longest hash that a suite of TLS 1.3 has.
#define CKEYSCHEDULE_SECRET 48

// The application traffic secrets of a handshake; a count of 0 means that it was not derived yet.
struct ckeyschedule_secrets {
    unsigned char client[CKEYSCHEDULE_SECRET], server[CKEYSCHEDULE_SECRET];
    size_t client_count, server_count;
};

// The property query for SSL_CTX_new_ex; NULL when OpenSSL does not take the provider.
const char *ckeyschedule_properties(void);

// Has this thread's derivations copy the two secrets to `secrets`, until it is called with NULL.
void ckeyschedule_capture(struct ckeyschedule_secrets *secrets);

// HKDF-Expand-Label (RFC 8446 section 7.1) with an empty context. `hash_length` says which hash: 32 or 48.
// 1 for success.
int ckeyschedule_expand_label(size_t hash_length, const unsigned char *secret, size_t secret_count, const char *label,
                              unsigned char *out, size_t count);

#endif
