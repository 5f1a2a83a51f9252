#include "lean.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <string.h>

#define MOST 32

// Everything is done by the default provider; this one only hides what TLS doesn't need.
static OSSL_PROVIDER *base;
static OSSL_ALGORITHM decoders[MOST + 1], key_kinds[MOST + 1];

static void choose(int operation, const char *const *wanted, const char *structure, OSSL_ALGORITHM *into) {
    int no_cache, kept = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(base, operation, &no_cache);
    for (; all != NULL && all->algorithm_names != NULL && kept < MOST; all++) {
        if (strstr(all->property_definition, structure) == NULL) continue;
        // Further names stand behind a colon.
        size_t length = strcspn(all->algorithm_names, ":");
        for (const char *const *name = wanted; *name != NULL; name++)
            if (strlen(*name) == length && memcmp(all->algorithm_names, *name, length) == 0) into[kept++] = *all;
    }
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache) {
    (void)context;
    *no_cache = 0;
    if (operation == OSSL_OP_DECODER) return decoders;
    if (operation == OSSL_OP_KEYMGMT) return key_kinds;
    return OSSL_PROVIDER_query_operation(base, operation, no_cache);
}

// The groups of TLS are among them.
static int capabilities(void *context, const char *capability, OSSL_CALLBACK *callback, void *argument) {
    (void)context;
    return OSSL_PROVIDER_get_capabilities(base, capability, callback, argument);
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
    {0, NULL},
};

static int begin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context) {
    (void)handle, (void)in;
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(base);
    return 1;
}

OSSL_LIB_CTX *lean_context(void) {
    static const char *const certificates[] = {"EC", "RSA", "RSA-PSS", "ED25519", "ED448", NULL};
    static const char *const keys[] = {"EC", "RSA", "RSA-PSS", "ED25519", "ED448", "X25519", "X448", "DH", "HMAC", NULL};
    base = OSSL_PROVIDER_load(NULL, "default");
    if (base == NULL) return NULL;
    choose(OSSL_OP_DECODER, certificates, "structure=SubjectPublicKeyInfo", decoders);
    choose(OSSL_OP_KEYMGMT, keys, "", key_kinds);
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    if (context != NULL && decoders[0].algorithm_names != NULL && key_kinds[0].algorithm_names != NULL &&
        OSSL_PROVIDER_add_builtin(context, "lean", begin) == 1 && OSSL_PROVIDER_load(context, "lean") != NULL)
        return context;
    OSSL_LIB_CTX_free(context);
    return NULL;
}
