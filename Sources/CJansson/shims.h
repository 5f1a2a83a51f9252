// Jansson as Swift sees it: what Swift cannot import, one inline function each. `Sources/JSON` is the only user.
#ifndef SECURE_PROXY_CJANSSON_SHIMS_H
#define SECURE_PROXY_CJANSSON_SHIMS_H

#include <jansson.h>

// `json_error_t.text` arrives in Swift as a tuple of 160 elements; a pointer to it reads as a C string.
static inline const char *_Nonnull sp_json_error_text(const json_error_t *_Nonnull error) { return error->text; }

// Swift sees the C enumeration's cases and the function `json_error_code` under one name; this one has its own.
static inline int sp_json_error_code(const json_error_t *_Nonnull error) { return (int)json_error_code(error); }

#endif
