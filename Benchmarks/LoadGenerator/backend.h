// The TCP application behind the proxy, as cheap as it can be: echoes, swallows bulk, sends bulk (request.h).
#ifndef BENCH_BACKEND_H
#define BENCH_BACKEND_H

#include "options.h"

// Serves until SIGTERM or SIGINT; the exit code: 0, or 1 where a byte that came was not the one it must be (--verify).
int backend_serve(const struct options *options);

#endif
