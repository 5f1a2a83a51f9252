#include "CRemoteKey.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

// ---- What a key knows -------------------------------------------------------------------------------------------------

struct key {
    const char *type;         // as OpenSSL's own provider calls it
    EVP_PKEY *public_half;    // of OpenSSL's own provider; answers every question about the key
    struct cremotekey_owner owner;  // all NULL in the public keys that OpenSSL imports in order to compare
};

// What `cremotekey_make` hands over in the parameter of this name.
struct making {
    EVP_PKEY *public_half;
    struct cremotekey_owner owner;
    int is_taken;  // whether a key releases the owner from now on
};
static const char parameter_of_making[] = "secure-proxy-remote-key";

static struct key *new_key(const char *type) {
    struct key *key = OPENSSL_zalloc(sizeof *key);
    if (key != NULL) key->type = type;
    return key;
}

static void key_free(void *keydata) {
    struct key *key = keydata;
    if (key == NULL) return;
    if (key->owner.release != NULL) key->owner.release(key->owner.context);
    EVP_PKEY_free(key->public_half);
    OPENSSL_free(key);
}

static int key_has(const void *keydata, int selection) {
    const struct key *key = keydata;
    if (key == NULL || key->public_half == NULL) return 0;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key->owner.sign != NULL;
}

static int key_match(const void *one, const void *other, int selection) {
    const struct key *first = one, *second = other;
    (void)selection;  // whatever is asked for, the public halves answer it
    return EVP_PKEY_eq(first->public_half, second->public_half) == 1;
}

static int key_get_params(void *keydata, OSSL_PARAM parameters[]) {
    struct key *key = keydata;
    return key->public_half != NULL && EVP_PKEY_get_params(key->public_half, parameters);
}

static const OSSL_PARAM *key_gettable(void *provider) {
    static const OSSL_PARAM known[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)provider;
    return known;
}

// Either `cremotekey_make`, or OpenSSL's wish to compare one of its own keys (a certificate's) with one of ours.
static int key_import(void *keydata, int selection, const OSSL_PARAM parameters[]) {
    struct key *key = keydata;
    const OSSL_PARAM *parameter = OSSL_PARAM_locate_const(parameters, parameter_of_making);
    if (parameter != NULL) {
        struct making *making = parameter->data;
        if (parameter->data_size != sizeof *making || !EVP_PKEY_up_ref(making->public_half)) return 0;
        key->public_half = making->public_half;
        key->owner = making->owner;
        making->is_taken = 1;
        return 1;
    }
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, key->type, NULL);
    int done = context != NULL && EVP_PKEY_fromdata_init(context) == 1
        && EVP_PKEY_fromdata(context, &key->public_half, selection & ~OSSL_KEYMGMT_SELECT_PRIVATE_KEY,
                             (OSSL_PARAM *)parameters) == 1;
    EVP_PKEY_CTX_free(context);
    return done;
}

static const OSSL_PARAM *key_import_types(int selection) {
    static const OSSL_PARAM none[] = {OSSL_PARAM_END};
    (void)selection;
    return none;
}

// There is no export on purpose: a key that can't be exported is one that OpenSSL can only use here.

#define KEY_TYPE(name, type, operation)                                                       \
    static void *name##_new(void *provider) { (void)provider; return new_key(type); }         \
    static const char *name##_operation(int id) { (void)id; return operation; }               \
    static const OSSL_DISPATCH name##_key[] = {                                               \
        {OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))name##_new},                                  \
        {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))key_free},                                   \
        {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))key_has},                                     \
        {OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void))key_match},                                 \
        {OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))key_import},                               \
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))key_import_types},                   \
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))key_get_params},                       \
        {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))key_gettable},                    \
        {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))name##_operation},           \
        {0, NULL},                                                                            \
    };

KEY_TYPE(rsa, "RSA", "RSA")
KEY_TYPE(rsa_pss, "RSA-PSS", "RSA")
KEY_TYPE(ec, "EC", "ECDSA")
KEY_TYPE(ed25519, "ED25519", "ED25519")
KEY_TYPE(ed448, "ED448", "ED448")

// ---- Signing ----------------------------------------------------------------------------------------------------------

struct signing {
    struct key *key;
    int bits;     // of the digest: 256, 384, 512; 0 where there is none (EdDSA)
    int is_pss;   // RSA: PSS instead of PKCS#1 v1.5
};

static void *signing_new(void *provider, const char *properties) {
    (void)provider, (void)properties;
    return OPENSSL_zalloc(sizeof(struct signing));
}

static void signing_free(void *context) { OPENSSL_free(context); }

static int is_type(const struct key *key, const char *type) { return strcmp(key->type, type) == 0; }

static int digest_bits(const char *name) {
    if (name == NULL || *name == '\0') return 0;
    EVP_MD *digest = EVP_MD_fetch(NULL, name, NULL);
    int bits = EVP_MD_is_a(digest, "SHA256") ? 256 : EVP_MD_is_a(digest, "SHA384") ? 384
        : EVP_MD_is_a(digest, "SHA512") ? 512 : -1;
    EVP_MD_free(digest);
    return bits;
}

static int signing_set(void *context, const OSSL_PARAM parameters[]) {
    struct signing *signing = context;
    if (parameters == NULL) return 1;
    const OSSL_PARAM *parameter = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (parameter != NULL) {
        int mode = 0;
        const char *name = "";
        if (parameter->data_type == OSSL_PARAM_UTF8_STRING) name = parameter->data;
        else if (!OSSL_PARAM_get_int(parameter, &mode)) return 0;
        if (mode == RSA_PKCS1_PSS_PADDING || strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0) signing->is_pss = 1;
        else if (mode == RSA_PKCS1_PADDING || strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0) signing->is_pss = 0;
        else return 0;
    }
    parameter = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    if (parameter != NULL) {
        int length = 0;
        const char *name = "";
        if (parameter->data_type == OSSL_PARAM_UTF8_STRING) name = parameter->data;
        else if (!OSSL_PARAM_get_int(parameter, &length)) return 0;
        // TLS 1.3 has one length of salt, the digest's.
        if (length != RSA_PSS_SALTLEN_DIGEST && length * 8 != signing->bits
            && strcmp(name, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) != 0)
            return 0;
    }
    parameter = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    if (parameter != NULL
        && (parameter->data_type != OSSL_PARAM_UTF8_STRING || digest_bits(parameter->data) != signing->bits))
        return 0;
    return 1;
}

static const OSSL_PARAM *signing_settable(void *context, void *provider) {
    static const OSSL_PARAM known[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)context, (void)provider;
    return known;
}

static int fail(int reason) {
    ERR_raise(cremotekey_error_library(), reason);
    return 0;
}

static int signing_start(void *context, const char *digest, void *keydata, const OSSL_PARAM parameters[]) {
    struct signing *signing = context;
    // A renewed start without a key means the same one.
    if (keydata != NULL) signing->key = keydata;
    if (signing->key == NULL) return 0;
    int has_digest = is_type(signing->key, "RSA") || is_type(signing->key, "RSA-PSS") || is_type(signing->key, "EC");
    signing->bits = digest_bits(digest);
    signing->is_pss = is_type(signing->key, "RSA-PSS");
    if (signing->bits < 0 || has_digest != (signing->bits != 0)) return fail(CREMOTEKEY_WRONG_SCHEME);
    return signing_set(signing, parameters);
}

// The code of RFC 8446 section 4.2.3, or 0. Where a code's first byte names the digest, that is 4, 5 or 6.
static uint16_t scheme_of(const struct signing *signing) {
    uint16_t size = signing->bits == 256 ? 0 : signing->bits == 384 ? 1 : 2;
    if (is_type(signing->key, "EC")) return 0x0403 + (size << 8);
    if (is_type(signing->key, "ED25519")) return 0x0807;
    if (is_type(signing->key, "ED448")) return 0x0808;
    if (is_type(signing->key, "RSA-PSS")) return signing->is_pss ? 0x0809 + size : 0;
    return signing->is_pss ? 0x0804 + size : 0x0401 + (size << 8);
}

static int signing_sign(
    void *context, unsigned char *signature, size_t *length, size_t capacity, const unsigned char *message,
    size_t count
) {
    struct signing *signing = context;
    if (signing->key == NULL || signing->key->owner.sign == NULL) return 0;
    int largest = EVP_PKEY_get_size(signing->key->public_half);
    if (largest <= 0) return 0;
    if (signature == NULL) {
        *length = (size_t)largest;
        return 1;
    }
    uint16_t scheme = scheme_of(signing);
    if (scheme == 0) return fail(CREMOTEKEY_WRONG_SCHEME);
    if (capacity > (size_t)largest) capacity = (size_t)largest;
    const struct cremotekey_owner *owner = &signing->key->owner;
    int written = owner->sign(owner->context, scheme, message, count, signature, capacity);
    if (written < 0) return fail(-written);
    if (written == 0 || (size_t)written > capacity) return fail(CREMOTEKEY_FAILED);
    *length = (size_t)written;
    return 1;
}

static const OSSL_DISPATCH signing_functions[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))signing_new},
    {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))signing_free},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))signing_start},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))signing_sign},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))signing_set},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))signing_settable},
    {0, NULL},
};

// ---- The provider -----------------------------------------------------------------------------------------------------

#define PROPERTIES "provider=secure-proxy-remote-key"

// libssl recognises a key by these names.
static const OSSL_ALGORITHM key_types[] = {
    {"RSA:rsaEncryption", PROPERTIES, rsa_key, NULL},
    {"RSA-PSS:RSASSA-PSS", PROPERTIES, rsa_pss_key, NULL},
    {"EC:id-ecPublicKey", PROPERTIES, ec_key, NULL},
    {"ED25519", PROPERTIES, ed25519_key, NULL},
    {"ED448", PROPERTIES, ed448_key, NULL},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM signatures[] = {
    {"RSA:rsaEncryption", PROPERTIES, signing_functions, NULL},
    {"ECDSA", PROPERTIES, signing_functions, NULL},
    {"ED25519", PROPERTIES, signing_functions, NULL},
    {"ED448", PROPERTIES, signing_functions, NULL},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *provider_query(void *provider, int operation, int *no_cache) {
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT ? key_types : operation == OSSL_OP_SIGNATURE ? signatures : NULL;
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

// The provider lives in a library context of its own, so that nothing else ever finds its algorithms by name; a key
// leads OpenSSL to the provider that it came from.
static OSSL_LIB_CTX *library;
static int error_library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static ERR_STRING_DATA reasons[] = {
    {ERR_PACK(0, 0, CREMOTEKEY_TIMEOUT), "the key holder did not answer in time"},
    {ERR_PACK(0, 0, CREMOTEKEY_GONE), "the key holder is gone"},
    {ERR_PACK(0, 0, CREMOTEKEY_UNKNOWN_KEY), "the key holder has no such key"},
    {ERR_PACK(0, 0, CREMOTEKEY_WRONG_SCHEME), "the key cannot make this kind of signature"},
    {ERR_PACK(0, 0, CREMOTEKEY_NOT_TLS), "the key holder refused to sign: this is no message of a TLS handshake"},
    {ERR_PACK(0, 0, CREMOTEKEY_FAILED), "the key holder could not sign"},
    {0, NULL},
};

static void start(void) {
    error_library = ERR_get_next_error_library();
    ERR_load_strings(error_library, reasons);
    library = OSSL_LIB_CTX_new();
    if (library != NULL
        && (!OSSL_PROVIDER_add_builtin(library, "secure-proxy-remote-key", provider_start)
            || OSSL_PROVIDER_load(library, "secure-proxy-remote-key") == NULL)) {
        OSSL_LIB_CTX_free(library);
        library = NULL;
    }
}

int cremotekey_error_library(void) {
    pthread_once(&once, start);
    return error_library;
}

EVP_PKEY *cremotekey_make(EVP_PKEY *public_key, const struct cremotekey_owner *owner) {
    pthread_once(&once, start);
    struct making making = {.public_half = public_key, .owner = *owner};
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(parameter_of_making, &making, sizeof making),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;
    // Without a library of our own the search would go to OpenSSL's, which must not be asked.
    EVP_PKEY_CTX *context =
        library == NULL ? NULL : EVP_PKEY_CTX_new_from_name(library, EVP_PKEY_get0_type_name(public_key), NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    if (key == NULL && !making.is_taken) owner->release(owner->context);
    return key;
}
