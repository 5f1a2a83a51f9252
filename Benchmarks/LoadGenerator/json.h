// Writes one JSON object or its likeness in columns, from the same calls: a name, a value, groups inside groups.
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct writer {
    FILE *out;
    bool json;  // else: a line for each value, indented by its group
    int depth;
    bool filled;  // the current group has a value
};

void write_begin(struct writer *writer, const char *name);
void write_end(struct writer *writer);
void write_list_begin(struct writer *writer, const char *name);
void write_list_end(struct writer *writer);
void write_text(struct writer *writer, const char *name, const char *value);
void write_count(struct writer *writer, const char *name, uint64_t value);
void write_number(struct writer *writer, const char *name, double value);  // six significant digits
void write_flag(struct writer *writer, const char *name, bool value);
void write_absent(struct writer *writer, const char *name);  // null: it could not be measured here

#endif
