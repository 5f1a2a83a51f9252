#define _GNU_SOURCE
#include "mint.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base64url.h"
#include "usage.h"

#define LARGEST_COUNT 10000000
#define MOST_THREADS 64

struct mint {
    const char *key_file, *new_key, *kid, *issuer, *audience, *subject, *output;
    long count, lifetime, threads;
    bool public_jwks;

    EVP_PKEY *key;
    char *head;            // the first part, encoded: the same for all
    char *claims;          // all but `jti`, without the closing brace
    char run[17];          // what the `jti` of this call begin with
    char **tokens;         // in order
};

struct minter {
    struct mint *mint;
    long index;
    pthread_t thread;
};

__attribute__((noreturn, format(printf, 2, 3))) static void stop(int code, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("secure-proxy-bench mint: ", stderr);
    vfprintf(stderr, format, values);
    fputs(code == 2 ? " (mint --help lists everything)\n" : "\n", stderr);
    va_end(values);
    exit(code);
}

__attribute__((noreturn)) static void stop_openssl(const char *what) {
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    stop(1, "%s: %s", what, reason);
}

static void *owned(void *memory) {
    if (memory == NULL) abort();
    return memory;
}

// MARK: Keys

// For secrets: only their owner may read it.
static FILE *create_file(const char *path, int flags) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    // One that was there already keeps its mode otherwise.
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || (S_ISREG(status.st_mode) && fchmod(fd, 0600) != 0))
        stop(1, "%s: %s", path, strerror(errno));
    return owned(fdopen(fd, "w"));
}

static void close_file(FILE *file, const char *path) {
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) stop(1, "%s: %s", path, strerror(errno));
}

static EVP_PKEY *make_key(const char *path) {
    EVP_PKEY *key = EVP_RSA_gen(2048);
    if (key == NULL) stop_openssl("an RSA key can't be made");
    // A key that is there is never overwritten.
    FILE *file = create_file(path, O_EXCL);
    if (PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1) stop_openssl(path);
    close_file(file, path);
    return key;
}

static EVP_PKEY *read_key(const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) stop(1, "%s: %s", path, strerror(errno));
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (key == NULL) stop_openssl(path);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) stop(1, "%s: it is no RSA key, and RS256 needs one", path);
    return key;
}

// MARK: JSON

static void put_string(FILE *out, const char *text) {
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if (*at == '"' || *at == '\\') fprintf(out, "\\%c", *at);
        else if (*at < 32) fprintf(out, "\\u%04x", *at);
        else fputc(*at, out);
    }
    fputc('"', out);
}

static void put_member(FILE *out, const char *name, const char *value) {
    fprintf(out, "\"%s\":", name);
    put_string(out, value);
}

static void put_big_number(FILE *out, const EVP_PKEY *key, const char *part, const char *name) {
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, part, &number) != 1) stop_openssl("the key's public part");
    uint8_t bytes[2048];
    char encoded[BASE64URL_ROOM(sizeof bytes)];
    if (BN_num_bytes(number) > (int)sizeof bytes) stop(1, "the key is too large");
    base64url_encode(encoded, bytes, (size_t)BN_bn2bin(number, bytes));
    put_member(out, name, encoded);
    BN_free(number);
}

static void print_jwks(const struct mint *mint) {
    fputs("{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",", stdout);
    put_member(stdout, "kid", mint->kid);
    fputc(',', stdout);
    put_big_number(stdout, mint->key, "n", "n");
    fputc(',', stdout);
    put_big_number(stdout, mint->key, "e", "e");
    fputs("}]}\n", stdout);
    if (fflush(stdout) != 0) stop(1, "standard output: %s", strerror(errno));
}

// MARK: Tokens

static void prepare(struct mint *mint) {
    char *head, *claims;
    size_t head_count, claims_count;
    FILE *out = owned(open_memstream(&head, &head_count));
    fputs("{\"alg\":\"RS256\",\"typ\":\"JWT\",", out);
    put_member(out, "kid", mint->kid);
    fputc('}', out);
    if (fclose(out) != 0) abort();
    mint->head = owned(malloc(BASE64URL_ROOM(head_count)));
    base64url_encode(mint->head, (uint8_t *)head, head_count);
    free(head);

    out = owned(open_memstream(&claims, &claims_count));
    long now = (long)time(NULL);
    fputc('{', out);
    put_member(out, "iss", mint->issuer);
    fputc(',', out);
    put_member(out, "sub", mint->subject);
    if (mint->audience != NULL) {
        fputc(',', out);
        put_member(out, "aud", mint->audience);
    }
    fprintf(out, ",\"iat\":%ld,\"exp\":%ld", now, now + mint->lifetime);
    if (fclose(out) != 0) abort();
    mint->claims = claims;

    uint8_t random[8];
    if (RAND_bytes(random, sizeof random) != 1) stop_openssl("random bytes");
    for (size_t i = 0; i < sizeof random; i++) snprintf(mint->run + 2 * i, 3, "%02x", random[i]);
    mint->tokens = owned(calloc((size_t)mint->count, sizeof *mint->tokens));
}

static char *sign(const struct mint *mint, EVP_MD_CTX *context, long number) {
    char claims[8192];
    uint8_t signature[2048];
    size_t signature_count = sizeof signature;
    int count = snprintf(claims, sizeof claims, "%s,\"jti\":\"%s-%ld\"}", mint->claims, mint->run, number);
    if (count < 0 || (size_t)count >= sizeof claims) stop(1, "the claims are too long");
    size_t head_count = strlen(mint->head);
    char *token = owned(malloc(head_count + BASE64URL_ROOM((size_t)count) + BASE64URL_ROOM(sizeof signature) + 2));
    memcpy(token, mint->head, head_count);
    size_t at = head_count;
    token[at++] = '.';
    at += base64url_encode(token + at, (uint8_t *)claims, (size_t)count);
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, mint->key) != 1 ||
        EVP_DigestSign(context, signature, &signature_count, (uint8_t *)token, at) != 1)
        stop_openssl("signing");
    token[at++] = '.';
    at += base64url_encode(token + at, signature, signature_count);
    return owned(realloc(token, at + 1));
}

static void *sign_share(void *argument) {
    const struct minter *minter = argument;
    const struct mint *mint = minter->mint;
    EVP_MD_CTX *context = owned(EVP_MD_CTX_new());
    for (long i = minter->index; i < mint->count; i += mint->threads) mint->tokens[i] = sign(mint, context, i);
    EVP_MD_CTX_free(context);
    return NULL;
}

static void mint_tokens(struct mint *mint) {
    prepare(mint);
    struct minter minters[MOST_THREADS];
    for (long i = 0; i < mint->threads; i++) {
        minters[i] = (struct minter){.mint = mint, .index = i};
        if (pthread_create(&minters[i].thread, NULL, sign_share, &minters[i]) != 0) abort();
    }
    for (long i = 0; i < mint->threads; i++) pthread_join(minters[i].thread, NULL);

    bool to_stdout = strcmp(mint->output, "-") == 0;
    FILE *file = to_stdout ? stdout : create_file(mint->output, O_TRUNC);
    for (long i = 0; i < mint->count; i++) {
        fprintf(file, "%s\n", mint->tokens[i]);
        free(mint->tokens[i]);
    }
    close_file(file, to_stdout ? "standard output" : mint->output);
    free(mint->tokens);
    free(mint->claims);
    free(mint->head);
}

// MARK: Arguments

static long number(const char *name, const char *text, long most) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end != 0 || errno != 0 || value < 1 || value > most)
        stop(2, "--%s: \"%s\" is no number within 1 and %ld", name, text, most);
    return value;
}

enum { KEY = 256, NEW_KEY, KID, ISSUER, AUDIENCE, SUBJECT, COUNT, LIFETIME, OUTPUT, THREADS, PUBLIC_JWKS, HELP };

static const struct option long_options[] = {
    {"key", 1, 0, KEY}, {"new-key", 1, 0, NEW_KEY}, {"kid", 1, 0, KID}, {"issuer", 1, 0, ISSUER},
    {"audience", 1, 0, AUDIENCE}, {"subject", 1, 0, SUBJECT}, {"count", 1, 0, COUNT}, {"lifetime", 1, 0, LIFETIME},
    {"output", 1, 0, OUTPUT}, {"threads", 1, 0, THREADS}, {"public-jwks", 0, 0, PUBLIC_JWKS}, {"help", 0, 0, HELP},
    {0, 0, 0, 0},
};

static void take(struct mint *mint, int option, const char *value) {
    switch (option) {
    case KEY: mint->key_file = value; break;
    case NEW_KEY: mint->new_key = value; break;
    case KID: mint->kid = value; break;
    case ISSUER: mint->issuer = value; break;
    case AUDIENCE: mint->audience = value; break;
    case SUBJECT: mint->subject = value; break;
    case COUNT: mint->count = number("count", value, LARGEST_COUNT); break;
    case LIFETIME: mint->lifetime = number("lifetime", value, 10L * 365 * 86400); break;
    case OUTPUT: mint->output = value; break;
    case THREADS: mint->threads = number("threads", value, MOST_THREADS); break;
    case PUBLIC_JWKS: mint->public_jwks = true; break;
    case 'h':
    case HELP: fputs(mint_usage_text, stdout); exit(0);
    default: exit(2);
    }
}

int mint_main(int count, char **arguments) {
    struct mint mint = {.subject = "bench", .lifetime = 3600, .threads = 1};
    int option;
    while ((option = getopt_long(count, arguments, "h", long_options, NULL)) != -1) take(&mint, option, optarg);
    if (optind < count) stop(2, "what is \"%s\"?", arguments[optind]);
    if ((mint.key_file == NULL) == (mint.new_key == NULL)) stop(2, "give either --key or --new-key");
    if (mint.output != NULL && (mint.count == 0 || mint.kid == NULL || mint.issuer == NULL))
        stop(2, "--output needs --count, --kid and --issuer");
    if (mint.output == NULL && mint.count > 0) stop(2, "--count needs --output FILE (or -)");
    if (mint.public_jwks && mint.kid == NULL) stop(2, "--public-jwks needs --kid");
    if (mint.new_key == NULL && !mint.public_jwks && mint.output == NULL)
        stop(2, "there is nothing to do: --new-key, --public-jwks or --output");
    if (mint.public_jwks && mint.output != NULL && strcmp(mint.output, "-") == 0)
        stop(2, "tokens and keys can't both go to standard output");
    mint.key = mint.new_key != NULL ? make_key(mint.new_key) : read_key(mint.key_file);
    if (mint.public_jwks) print_jwks(&mint);
    if (mint.output != NULL) mint_tokens(&mint);
    EVP_PKEY_free(mint.key);
    return 0;
}
