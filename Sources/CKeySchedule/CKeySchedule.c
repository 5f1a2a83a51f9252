// The low-level hashes are deprecated in favour of the objects that this file is there to avoid.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CKeySchedule.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

// ---- HMAC (RFC 2104) and HKDF (RFC 5869) ------------------------------------------------------------------------------

#define MAXIMUM_BLOCK 128
#define MAXIMUM_HASH SHA384_DIGEST_LENGTH

struct hash {
    size_t length, block;  // of the digest, of what the function compresses at a time
    int is_long;           // SHA-384
    union {
        SHA256_CTX small;
        SHA512_CTX large;
    } state;
};

static const struct hash sha256 = {.length = SHA256_DIGEST_LENGTH, .block = SHA256_CBLOCK, .is_long = 0};
static const struct hash sha384 = {.length = SHA384_DIGEST_LENGTH, .block = SHA512_CBLOCK, .is_long = 1};

static const struct hash *hash_of_length(size_t length) {
    if (length == sha256.length) return &sha256;
    return length == sha384.length ? &sha384 : NULL;
}

static const struct hash *hash_named(const char *name) {
    if (strcasecmp(name, "SHA2-256") == 0 || strcasecmp(name, "SHA256") == 0) return &sha256;
    if (strcasecmp(name, "SHA2-384") == 0 || strcasecmp(name, "SHA384") == 0) return &sha384;
    return NULL;
}

static void begin(struct hash *hash) { hash->is_long ? SHA384_Init(&hash->state.large) : SHA256_Init(&hash->state.small); }

static void add(struct hash *hash, const void *bytes, size_t count) {
    if (count > 0) {
        hash->is_long ? SHA384_Update(&hash->state.large, bytes, count)
                      : SHA256_Update(&hash->state.small, bytes, count);
    }
}

static void end(struct hash *hash, unsigned char *digest) {
    hash->is_long ? SHA384_Final(digest, &hash->state.large) : SHA256_Final(digest, &hash->state.small);
}

struct hmac {
    struct hash hash;
    unsigned char pad[MAXIMUM_BLOCK];  // the key, padded with zeros and combined with opad
};

static void hmac_begin(struct hmac *mac, const struct hash *kind, const unsigned char *key, size_t count) {
    unsigned char inner[MAXIMUM_BLOCK], shortened[MAXIMUM_HASH];
    mac->hash = *kind;
    if (count > kind->block) {
        begin(&mac->hash);
        add(&mac->hash, key, count);
        end(&mac->hash, shortened);
        key = shortened;
        count = kind->length;
    }
    for (size_t i = 0; i < kind->block; i++) {
        unsigned char byte = i < count ? key[i] : 0;
        inner[i] = byte ^ 0x36;
        mac->pad[i] = byte ^ 0x5c;
    }
    begin(&mac->hash);
    add(&mac->hash, inner, kind->block);
    OPENSSL_cleanse(inner, sizeof inner);
    OPENSSL_cleanse(shortened, sizeof shortened);
}

static void hmac_end(struct hmac *mac, unsigned char *out) {
    unsigned char digest[MAXIMUM_HASH];
    end(&mac->hash, digest);
    begin(&mac->hash);
    add(&mac->hash, mac->pad, mac->hash.block);
    add(&mac->hash, digest, mac->hash.length);
    end(&mac->hash, out);
    OPENSSL_cleanse(digest, sizeof digest);
    OPENSSL_cleanse(mac, sizeof *mac);
}

static void hkdf_extract(const struct hash *kind, const unsigned char *salt, size_t salt_count,
                         const unsigned char *material, size_t count, unsigned char *out) {
    struct hmac mac;
    hmac_begin(&mac, kind, salt, salt_count);
    add(&mac.hash, material, count);
    hmac_end(&mac, out);
}

// A piece of bytes; `count` is 0 where there are none.
struct piece {
    const unsigned char *bytes;
    size_t count;
};

// HKDF-Expand-Label (RFC 8446 section 7.1): HKDF-Expand with HkdfLabel as its information.
static int expand_label(const struct hash *kind, struct piece secret, struct piece prefix, struct piece label,
                        struct piece context, unsigned char *out, size_t count) {
    size_t name = prefix.count + label.count;
    if (name > 255 || context.count > 255 || count == 0 || count > 255 * kind->length || count > 0xffff) return 0;
    unsigned char head[3] = {(unsigned char)(count >> 8), (unsigned char)count, (unsigned char)name};
    unsigned char context_count = (unsigned char)context.count;
    unsigned char block[MAXIMUM_HASH];
    size_t done = 0;
    for (unsigned char counter = 1; done < count; counter++) {
        struct hmac mac;
        hmac_begin(&mac, kind, secret.bytes, secret.count);
        if (counter > 1) add(&mac.hash, block, kind->length);
        add(&mac.hash, head, sizeof head);
        add(&mac.hash, prefix.bytes, prefix.count);
        add(&mac.hash, label.bytes, label.count);
        add(&mac.hash, &context_count, 1);
        add(&mac.hash, context.bytes, context.count);
        add(&mac.hash, &counter, 1);
        hmac_end(&mac, block);
        size_t part = count - done < kind->length ? count - done : kind->length;
        memcpy(out + done, block, part);
        done += part;
    }
    OPENSSL_cleanse(block, sizeof block);
    return 1;
}

int ckeyschedule_expand_label(size_t hash_length, const unsigned char *secret, size_t secret_count, const char *label,
                              unsigned char *out, size_t count) {
    const struct hash *kind = hash_of_length(hash_length);
    if (kind == NULL) return 0;
    struct piece prefix = {(const unsigned char *)"tls13 ", 6};
    struct piece name = {(const unsigned char *)label, strlen(label)};
    return expand_label(kind, (struct piece){secret, secret_count}, prefix, name, (struct piece){NULL, 0}, out, count);
}

// The step from one secret of the schedule's spine to the next: Derive-Secret(previous, "derived", "") as the salt of
// HKDF-Extract. What is missing counts as zeros, the previous secret as an empty salt.
static int next_secret(const struct hash *kind, struct piece previous, struct piece material, struct piece prefix,
                       struct piece label, unsigned char *out, size_t count) {
    static const unsigned char zeros[MAXIMUM_HASH];
    unsigned char nothing[MAXIMUM_HASH], salt[MAXIMUM_HASH];
    if (count != kind->length) return 0;
    if (material.bytes == NULL) material = (struct piece){zeros, kind->length};
    if (previous.bytes == NULL) {
        hkdf_extract(kind, zeros, 0, material.bytes, material.count, out);
        return 1;
    }
    struct hash hash = *kind;
    begin(&hash);
    end(&hash, nothing);
    int good = expand_label(kind, previous, prefix, label, (struct piece){nothing, kind->length}, salt, kind->length);
    if (good) hkdf_extract(kind, salt, kind->length, material.bytes, material.count, out);
    OPENSSL_cleanse(salt, sizeof salt);
    return good;
}

// ---- The function, as OpenSSL calls it --------------------------------------------------------------------------------

static _Thread_local struct ckeyschedule_secrets *captured;

void ckeyschedule_capture(struct ckeyschedule_secrets *secrets) { captured = secrets; }

static void capture(struct piece label, const unsigned char *secret, size_t count) {
    if (captured == NULL || label.count != 12 || count > CKEYSCHEDULE_SECRET) return;
    if (memcmp(label.bytes, "c ap traffic", 12) == 0) {
        memcpy(captured->client, secret, count);
        captured->client_count = count;
    } else if (memcmp(label.bytes, "s ap traffic", 12) == 0) {
        memcpy(captured->server, secret, count);
        captured->server_count = count;
    }
}

// OpenSSL gives all parameters with the derivation itself, so there is nothing to keep between calls.
static void *kdf_new(void *provider) {
    (void)provider;
    return OPENSSL_malloc(1);
}

static void kdf_free(void *context) { OPENSSL_free(context); }

static struct piece octets(const OSSL_PARAM *parameter) {
    if (parameter->data_type != OSSL_PARAM_OCTET_STRING) return (struct piece){NULL, 0};
    return (struct piece){parameter->data, parameter->data_size};
}

static int kdf_derive(void *context, unsigned char *out, size_t count, const OSSL_PARAM parameters[]) {
    (void)context;
    const struct hash *kind = NULL;
    int mode = -1;
    struct piece key = {NULL, 0}, salt = {NULL, 0}, prefix = {NULL, 0}, label = {NULL, 0}, data = {NULL, 0};
    for (const OSSL_PARAM *parameter = parameters; parameter != NULL && parameter->key != NULL; parameter++) {
        const char *name = parameter->key;
        if (strcmp(name, OSSL_KDF_PARAM_KEY) == 0) {
            key = octets(parameter);
        } else if (strcmp(name, OSSL_KDF_PARAM_SALT) == 0) {
            salt = octets(parameter);
        } else if (strcmp(name, OSSL_KDF_PARAM_PREFIX) == 0) {
            prefix = octets(parameter);
        } else if (strcmp(name, OSSL_KDF_PARAM_LABEL) == 0) {
            label = octets(parameter);
        } else if (strcmp(name, OSSL_KDF_PARAM_DATA) == 0) {
            data = octets(parameter);
        } else if (strcmp(name, OSSL_KDF_PARAM_MODE) == 0) {
            if (!OSSL_PARAM_get_int(parameter, &mode)) return 0;
        } else if (strcmp(name, OSSL_KDF_PARAM_DIGEST) == 0) {
            if (parameter->data_type != OSSL_PARAM_UTF8_STRING || parameter->data == NULL) return 0;
            kind = hash_named(parameter->data);
        }
    }
    if (kind == NULL) return 0;
    if (mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY) return next_secret(kind, salt, key, prefix, label, out, count);
    if (mode != EVP_KDF_HKDF_MODE_EXPAND_ONLY || key.bytes == NULL || label.bytes == NULL) return 0;
    if (!expand_label(kind, key, prefix, label, data, out, count)) return 0;
    capture(label, out, count);
    return 1;
}

static const OSSL_DISPATCH kdf_functions[] = {
    {OSSL_FUNC_KDF_NEWCTX, (void (*)(void))kdf_new},
    {OSSL_FUNC_KDF_FREECTX, (void (*)(void))kdf_free},
    {OSSL_FUNC_KDF_DERIVE, (void (*)(void))kdf_derive},
    {0, NULL},
};

// ---- The provider -----------------------------------------------------------------------------------------------------

#define PROVIDER_NAME "secure-proxy-key-schedule"

static const OSSL_ALGORITHM kdfs[] = {
    {"TLS13-KDF", "provider=" PROVIDER_NAME, kdf_functions, "the key schedule of TLS 1.3"},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *provider_query(void *provider, int operation, int *no_cache) {
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_KDF ? kdfs : NULL;
}

static const OSSL_DISPATCH provider_functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))provider_query},
    {0, NULL},
};

static int provider_start(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *from_core, const OSSL_DISPATCH **functions, void **context
) {
    (void)from_core;
    *functions = provider_functions;
    *context = (void *)handle;
    return 1;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *properties;

static void start(void) {
    // The configuration first, and the default provider as it would be without this one.
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    if (OSSL_PROVIDER_add_builtin(NULL, PROVIDER_NAME, provider_start) == 1
        && OSSL_PROVIDER_try_load(NULL, PROVIDER_NAME, 1) != NULL)
        properties = "?provider=" PROVIDER_NAME;
    ERR_clear_error();
}

const char *ckeyschedule_properties(void) {
    pthread_once(&once, start);
    return properties;
}
