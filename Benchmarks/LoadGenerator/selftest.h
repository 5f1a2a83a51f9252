// The parts that all numbers rest on, checked by the tool itself.
#ifndef BENCH_SELFTEST_H
#define BENCH_SELFTEST_H

#include <stdbool.h>

// `secure-proxy-bench self-test`: a line for each part on standard output; 0 where all is right, else 1.
int self_test(void);

// A condition of the part that is being checked; one that does not hold is told with its place.
#define CHECK(condition) self_test_check((condition), #condition, __FILE__, __LINE__)
void self_test_check(bool holds, const char *condition, const char *file, int line);

void self_test_accounting(void);

#endif
