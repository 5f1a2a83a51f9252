// How the functions of this target answer: what the call answers, or its errno below zero.
#ifndef CLINUX_ANSWER_H
#define CLINUX_ANSWER_H

#include <errno.h>

// Answers with what `call` answers, which may be a number that an int is too small for.
#define ANSWER(call)                           \
    do {                                       \
        long long result_ = (call);            \
        return result_ < 0 ? -errno : result_; \
    } while (0)

// The same for a call that a signal may interrupt: it is made again.
#define ANSWER_RETRYING(call)                  \
    do {                                       \
        long long result_;                     \
        do result_ = (call);                   \
        while (result_ < 0 && errno == EINTR); \
        return result_ < 0 ? -errno : result_; \
    } while (0)

#endif
