// Tokens for the proxy's gate: as many different ones as a run needs, made in advance, so that no time of a run goes
// into signing.
#ifndef BENCH_MINT_H
#define BENCH_MINT_H

// `secure-proxy-bench mint …`, with the arguments behind "mint"; the exit code.
int mint_main(int count, char **arguments);

#endif
