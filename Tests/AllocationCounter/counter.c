// Counts what a program allocates, from outside of it: LD_PRELOAD=counter.so SECURE_PROXY_ALLOCATIONS=FILE program.
//
// The counts are in FILE, which is mapped and shared, so that a test can read them while the program runs. When asked
// to, it also keeps the call chains of the next allocations, so that a test that fails can say who made them.
//
// OpenSSL's allocations are counted apart, by the address that the call returns to: what the library does for each
// record is not ours to change, what we do is.
//
// glibc's own functions allocate, under the names that it keeps for this purpose: to look up the others with dlsym would
// allocate.
#define _GNU_SOURCE
#include "counter.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

// Where there is no file, and until it is mapped, counts go nowhere that matters.
static struct allocation_counts unshared;
static struct allocation_counts *counts = &unshared;
static __thread int is_tracing;

// The addresses of libssl and libcrypto, which are loaded before any constructor runs.
static struct { uintptr_t first, end; } openssl[2];

static int find_openssl(struct dl_phdr_info *object, size_t size, void *found) {
    (void)size;
    int *place = found;
    if (strstr(object->dlpi_name, "/libssl.so") == NULL && strstr(object->dlpi_name, "/libcrypto.so") == NULL) return 0;
    if (*place == 2) return 0;
    uintptr_t first = UINTPTR_MAX, end = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_LOAD) continue;
        uintptr_t from = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr, to = from + object->dlpi_phdr[i].p_memsz;
        if (from < first) first = from;
        if (to > end) end = to;
    }
    openssl[*place].first = first;
    openssl[*place].end = end;
    *place += 1;
    return 0;
}

__attribute__((constructor)) static void share(void) {
    const char *path = getenv("SECURE_PROXY_ALLOCATIONS");
    if (path == NULL) return;
    int found = 0;
    dl_iterate_phdr(find_openssl, &found);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof unshared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED) return;
    // The first call loads libgcc, which allocates: better now than amid a measurement.
    void *frames[4];
    backtrace(frames, 4);
    counts = shared;
    atomic_store(&counts->process, (uint64_t)getpid());
}

// Writes a frame as name+0xOFFSET, or as object+0xOFFSET where it has no name. dladdr doesn't allocate, snprintf may.
static void describe(char *text, void *frame) {
    Dl_info info = {0};
    const char *name = "?";
    uintptr_t base = 0;
    if (dladdr(frame, &info) != 0 && info.dli_sname != NULL) {
        name = info.dli_sname;
        base = (uintptr_t)info.dli_saddr;
    } else if (info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        name = slash == NULL ? info.dli_fname : slash + 1;
        base = (uintptr_t)info.dli_fbase;
    }
    size_t length = strnlen(name, FRAME_TEXT - 20);
    memcpy(text, name, length);
    memcpy(text + length, "+0x", 3);
    length += 3;
    uintptr_t offset = (uintptr_t)frame - base;
    for (int shift = 28; shift >= 0; shift -= 4) text[length++] = "0123456789abcdef"[offset >> shift & 15];
    text[length] = 0;
}

static void keep_chain(size_t size) {
    is_tracing = 1;
    uint64_t place = atomic_fetch_add(&counts->chains_taken, 1);
    if (place < CHAINS && place < atomic_load(&counts->chains_wanted)) {
        // This function, the one that counts and the one that was called are not of interest.
        enum { own = 3 };
        void *frames[CHAIN_LENGTH + own];
        int length = backtrace(frames, CHAIN_LENGTH + own) - own;
        struct allocation_chain *chain = &counts->chains[place];
        chain->size = size;
        for (int i = 0; i < length; i++) describe(chain->frames[i], frames[i + own]);
        atomic_store(&chain->length, (uint64_t)(length > 0 ? length : 0));
    }
    is_tracing = 0;
}

static void add(_Atomic uint64_t *counter, uint64_t amount) {
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static __attribute__((noinline)) void *count(void *memory, size_t size, const void *caller) {
    if (memory == NULL) return NULL;
    uintptr_t address = (uintptr_t)caller;
    int is_openssl = (address >= openssl[0].first && address < openssl[0].end)
        || (address >= openssl[1].first && address < openssl[1].end);
    add(is_openssl ? &counts->openssl : &counts->own, 1);
    add(&counts->bytes_allocated, malloc_usable_size(memory));
    if (!is_openssl && !is_tracing && atomic_load_explicit(&counts->chains_wanted, memory_order_relaxed) > 0)
        keep_chain(size);
    return memory;
}

static void count_release(size_t bytes) {
    add(&counts->releases, 1);
    add(&counts->bytes_released, bytes);
}

#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

void *malloc(size_t size) { return count(__libc_malloc(size), size, CALLER); }

void *calloc(size_t number, size_t size) { return count(__libc_calloc(number, size), number * size, CALLER); }

void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size), size, CALLER); }

void *aligned_alloc(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size), size, CALLER); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *block = count(__libc_memalign(alignment, size), size, CALLER);
    if (block == NULL) return ENOMEM;
    *memory = block;
    return 0;
}

void free(void *memory) {
    if (memory == NULL) return;
    int error = errno;
    count_release(malloc_usable_size(memory));
    __libc_free(memory);
    errno = error;
}

// A block that grows counts as one that goes and one that comes.
void *realloc(void *memory, size_t size) {
    size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
    void *moved = __libc_realloc(memory, size);
    if (memory != NULL && (moved != NULL || size == 0)) count_release(before);
    return count(moved, size, CALLER);
}
