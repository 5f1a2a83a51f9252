#include "json.h"

#include <inttypes.h>
#include <math.h>

static void text(const struct writer *writer, const char *value) {
    fputc('"', writer->out);
    for (const unsigned char *at = (const unsigned char *)value; *at != 0; at++) {
        if (*at == '"' || *at == '\\') fprintf(writer->out, "\\%c", *at);
        else if (*at < 32 || *at > 126) fprintf(writer->out, "\\u%04x", *at);
        else fputc(*at, writer->out);
    }
    fputc('"', writer->out);
}

// What stands before a value. `name` NULL: in a list.
static void lead(struct writer *writer, const char *name) {
    if (!writer->json) {
        int width = 42 - 2 * writer->depth;
        fprintf(writer->out, "%*s%-*s", 2 * (writer->depth - 1), "", width < 1 ? 1 : width, name == NULL ? "-" : name);
        return;
    }
    if (writer->filled) fputc(',', writer->out);
    writer->filled = true;
    if (name == NULL) return;
    text(writer, name);
    fputc(':', writer->out);
}

static void begin(struct writer *writer, const char *name, char bracket) {
    if (writer->json) {
        if (writer->depth > 0) lead(writer, name);
        fputc(bracket, writer->out);
    } else if (name != NULL) {
        fprintf(writer->out, "%*s%s\n", 2 * (writer->depth - 1), "", name);
    }
    writer->depth++;
    writer->filled = false;
}

static void end(struct writer *writer, char bracket) {
    writer->depth--;
    if (writer->json) fputc(bracket, writer->out);
    if (writer->json && writer->depth == 0) fputc('\n', writer->out);
    writer->filled = true;
}

void write_begin(struct writer *writer, const char *name) { begin(writer, name, '{'); }
void write_end(struct writer *writer) { end(writer, '}'); }
void write_list_begin(struct writer *writer, const char *name) { begin(writer, name, '['); }
void write_list_end(struct writer *writer) { end(writer, ']'); }

static void finish(const struct writer *writer) {
    if (!writer->json) fputc('\n', writer->out);
}

void write_text(struct writer *writer, const char *name, const char *value) {
    lead(writer, name);
    if (writer->json) text(writer, value);
    else fputs(value, writer->out);
    finish(writer);
}

void write_count(struct writer *writer, const char *name, uint64_t value) {
    lead(writer, name);
    fprintf(writer->out, "%" PRIu64, value);
    finish(writer);
}

void write_number(struct writer *writer, const char *name, double value) {
    lead(writer, name);
    // Large numbers without an exponent, small ones with as many digits as mean something.
    if (!isfinite(value)) fputs(writer->json ? "null" : "-", writer->out);
    else if (fabs(value) >= 1e5) fprintf(writer->out, "%.0f", value);
    else fprintf(writer->out, "%.6g", value);
    finish(writer);
}

void write_flag(struct writer *writer, const char *name, bool value) {
    lead(writer, name);
    fputs(value ? "true" : "false", writer->out);
    finish(writer);
}

void write_absent(struct writer *writer, const char *name) {
    lead(writer, name);
    fputs(writer->json ? "null" : "not on this kernel", writer->out);
    finish(writer);
}
