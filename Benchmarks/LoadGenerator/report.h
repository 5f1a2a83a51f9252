// What is printed: a table for people, or one JSON object for scripts.
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "run.h"

void report_print(const struct run *run, bool succeeded);

#endif
