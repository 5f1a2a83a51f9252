// The text that `--help` prints.
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

static const char usage_text[] =
    "usage: secure-proxy-bench MODE --wss|--ws|--tls|--tcp HOST:PORT [options]\n"
    "       secure-proxy-bench --serve KIND:PORT[,KIND:PORT…] [--listen ADDRESS] [--threads N]\n"
    "                          [--cpu LIST] [--verify]\n"
    "       secure-proxy-bench mint …     makes tokens (mint --help)\n"
    "       secure-proxy-bench self-test  checks what it measures and verifies with\n"
    "\n"
    "modes\n"
    "  echo        messages of --size bytes there and back, --depth under way per tunnel, or --rate per second in all\n"
    "  upload      bulk from the client to the backend (which is this tool's: sink or any)\n"
    "  download    bulk from the backend to the client (source or any)\n"
    "  mixed       --tunnels echo beside --uploads and --downloads bulk tunnels (any)\n"
    "  connect     new connections one after the other in --tunnels places, or --rate per second\n"
    "  idle        opens --tunnels, holds them, sends large messages through them, leaves: memory at each step\n"
    "  --serve     the backend: echo, sink, source, any\n"
    "\n"
    "protocol\n"
    "  --wss, --ws, --tls, --tcp HOST:PORT   WebSocket with and without TLS; the bare bytes with and without TLS\n"
    "  --path PATH --host HOST --header 'K: V' --subprotocol NAME|none (binary)\n"
    "  --token-file FILE  a token a line, used in turn as Authorization: Bearer   --tokens-once  never one twice\n"
    "  --expect-status N  connect: count this answer, for example 403, as the success\n"
    "  --tls12, --tls13, --ciphers LIST (TLS 1.2), --ciphersuites LIST (TLS 1.3), --groups LIST, --resume\n"
    "  --ca FILE | --insecure, --server-name NAME\n"
    "\n"
    "how much\n"
    "  --tunnels N (64; mixed: the echoing ones) --uploads N --downloads N (1) --sources N  addresses 127.0.0.1 … N\n"
    "  --size BYTES (64) --depth N (1) --frame BYTES (16376) --bytes BYTES  one bulk request (4M)\n"
    "  --seconds S (5) | --count N  messages, bulk requests or connections; --warm-up S (0.5)\n"
    "  --rate N  open loop: latency counts from when a message was due, however late it could be sent\n"
    "  --after N  connect: messages echoed through each new tunnel (0)   --close orderly|eager|reset\n"
    "  --big BYTES (60000) --rounds N (2) --active N (64) --settle S (1) --hold S (0)  idle\n"
    "  --opening N  handshakes at a time (64)   --timeout S  without progress (20)   --allow-failures N (0)\n"
    "  --verify  compare every byte that comes back (serve: that comes) with what must be there\n"
    "\n"
    "measuring\n"
    "  --pid P[,P…]  the proxy's processes   --children  and their descendants   --backend-pid P[,P…]\n"
    "  --trace-syscalls  count the proxy's system calls with ptrace: it runs much slower, the counts stay right\n"
    "  --threads N (1) --cpu LIST  pins the threads   --json  one object on standard output\n"
    "\n"
    "Sizes take k, M, G (decimal) and Ki, Mi. Exit code: 0 everything happened as asked, 1 it did not, 2 usage.\n";

// The text that `mint --help` prints.
static const char mint_usage_text[] =
    "usage: secure-proxy-bench mint --new-key KEY.pem\n"
    "       secure-proxy-bench mint --key KEY.pem --kid ID --public-jwks\n"
    "       secure-proxy-bench mint --key KEY.pem --kid ID --issuer ISS --count N --output FILE [options]\n"
    "\n"
    "  --new-key FILE    makes an RSA key of 2048 bits (mode 0600); a file that is there is not overwritten\n"
    "  --key FILE        an RSA key, PEM\n"
    "  --public-jwks     prints the JWK set with the key's public part\n"
    "  --output FILE|-   N different tokens (RS256), one a line (mode 0600)\n"
    "  --audience A      none unless given   --subject S (bench)   --lifetime S  seconds (3600)\n"
    "  --threads N       that sign (1)\n"
    "\n"
    "Everything may be asked for in one call: --new-key K --kid ID --public-jwks --issuer I --count N --output FILE.\n"
    "Exit code: 0 done, 1 it could not be done, 2 usage.\n";

#endif
