// OpenSSL 3 as Swift sees it. Swift imports functions but no function-like macros, so each macro that the project
// needs has one inline function here, next to the reason it is needed. Nothing here decides anything.
#ifndef SECURE_PROXY_COPENSSL_SHIMS_H
#define SECURE_PROXY_COPENSSL_SHIMS_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// ---- TLS: macros of libssl -------------------------------------------------------------------------------------------

// Swift sees no macro with arguments; SSL_OP_* are such since 3.0.
static const uint64_t shim_SSL_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const uint64_t shim_SSL_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t shim_SSL_OP_CIPHER_SERVER_PREFERENCE = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t shim_SSL_OP_PRIORITIZE_CHACHA = SSL_OP_PRIORITIZE_CHACHA;
static const uint64_t shim_SSL_OP_NO_TICKET = SSL_OP_NO_TICKET;

// These are macros over SSL_CTX_ctrl and SSL_ctrl, kept by name so that their manual pages apply.
static inline long shim_SSL_CTX_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int shim_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline int shim_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, (char *)list);
}
static inline void shim_SSL_CTX_set_read_ahead(SSL_CTX *context, int on) { SSL_CTX_set_read_ahead(context, on); }
static inline long shim_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}
static inline int shim_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline int shim_SSL_CTX_set_tlsext_ticket_keys(SSL_CTX *context, const void *keys, long count) {
    return (int)SSL_CTX_set_tlsext_ticket_keys(context, (void *)keys, count);
}
static inline int shim_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline int shim_BIO_get_mem_data(BIO *bio, const unsigned char **start) {
    return (int)BIO_get_mem_data(bio, (char **)start);
}
static const unsigned long shim_XN_FLAG_RFC2253 = XN_FLAG_RFC2253;
static inline int shim_ERR_GET_LIB(unsigned long code) { return ERR_GET_LIB(code); }
static inline int shim_ERR_GET_REASON(unsigned long code) { return ERR_GET_REASON(code); }

// An OSSL_PARAM keeps the pointer to its name, and a string literal of Swift lives no longer than the call it is given to.
static inline int shim_EVP_MAC_CTX_set_hmac_sha256(EVP_MAC_CTX *mac, const unsigned char *key, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}

// A union inside a struct: the IA5 text or the octets of one subject alternative name.
static inline const ASN1_STRING *shim_GENERAL_NAME_string(const GENERAL_NAME *name) {
    return name->type == GEN_IPADD ? name->d.iPAddress : name->d.ia5;
}

// ---- JOSE: public keys from their numbers ----------------------------------------------------------------------------

// OSSL_PARAM and its builder keep the pointers they are given, names included, until the key is made; pointers that
// Swift lends to one call are gone by then. So each list of parameters lives in one C function.
static inline EVP_PKEY *shim_EVP_PKEY_from_params(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}
static inline EVP_PKEY *shim_EVP_PKEY_from_RSA(const BIGNUM *modulus, const BIGNUM *exponent) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1
        && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL)
        key = shim_EVP_PKEY_from_params("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return key;
}
static inline EVP_PKEY *shim_EVP_PKEY_from_EC(const char *group, const unsigned char *point, size_t length) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, length),
        OSSL_PARAM_construct_end(),
    };
    return shim_EVP_PKEY_from_params("EC", parameters);
}

// ---- Keys in stores ---------------------------------------------------------------------------------------------------

#include <openssl/store.h>
#include <openssl/ui.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif

// Engines are deprecated, and a call of one from Swift would be a warning; until Debian has a provider for PKCS#11, one
// is what there is. Answers NULL when there is no such engine or it can't start. Engines tell standard error what they
// think, URIs with PINs included, unless told to be quiet; one that doesn't know the order isn't the worse for it.
static inline ENGINE *shim_ENGINE_open(const char *name) {
    ENGINE *engine = NULL;
#ifndef OPENSSL_NO_ENGINE
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    ENGINE_load_builtin_engines();
    engine = ENGINE_by_id(name);
    if (engine != NULL) {
        ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1);
        if (ENGINE_init(engine) != 1) {
            ENGINE_free(engine);
            engine = NULL;
        }
    }
#pragma clang diagnostic pop
#endif
    return engine;
}
// The private key that `uri` names; the PIN (NULL: none) goes its own way, so that no message can repeat it. Nobody is
// asked at a terminal.
static inline EVP_PKEY *shim_ENGINE_load_private_key(ENGINE *engine, const char *uri, const char *pin) {
#ifndef OPENSSL_NO_ENGINE
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    if (pin != NULL && ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0) != 1) return NULL;
    return ENGINE_load_private_key(engine, uri, (UI_METHOD *)UI_null(), NULL);
#pragma clang diagnostic pop
#else
    return NULL;
#endif
}

#endif
