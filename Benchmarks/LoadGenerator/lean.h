// A library context of OpenSSL in which certificates are read at a fraction of the cost.
//
// OpenSSL 3 goes through all decoders and all kinds of keys of its providers for the public key of every certificate that
// it reads: a third of what a TLS client does for a handshake. A context that knows only what TLS needs spares half of
// that; it does the same otherwise, verification included.
#ifndef BENCH_LEAN_H
#define BENCH_LEAN_H

#include <openssl/types.h>

// NULL where this OpenSSL doesn't let us: its own context then does the same, slower.
OSSL_LIB_CTX *lean_context(void);

#endif
