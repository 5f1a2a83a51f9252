// What counter.c leaves in the shared file. Tests/ScenarioTests/AllocationCounter.swift reads it by these offsets.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

#define CHAINS 64
#define CHAIN_LENGTH 14
#define FRAME_TEXT 128

// The functions that were called when somebody allocated, innermost first, as text.
struct allocation_chain {
    _Atomic uint64_t length;  // 0 until all of them are written
    uint64_t size;
    char frames[CHAIN_LENGTH][FRAME_TEXT];
};

struct allocation_counts {
    _Atomic uint64_t process;  // whose counts these are; 0 until it counts
    _Atomic uint64_t own;      // allocations by everybody but OpenSSL
    _Atomic uint64_t openssl;  // allocations by libssl and libcrypto
    _Atomic uint64_t releases;
    _Atomic uint64_t bytes_allocated;  // what the blocks hold, not what was asked for
    _Atomic uint64_t bytes_released;
    _Atomic uint64_t chains_wanted;  // written by the test: how many chains of own allocations to keep
    _Atomic uint64_t chains_taken;   // goes on beyond those kept
    struct allocation_chain chains[CHAINS];
};

#endif
