#!/usr/bin/env bash
# Installs what is missing, builds, starts the mock servers and the proxy, runs the four scenarios, and cleans up.
# Exits 0 only if all four behave as expected. Ports are those of proxy.json: 10000, 11080, 9000, 10080.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh

say "building the three programs (the first time takes some minutes)"
for product in secure-proxy secure-proxy-mock secure-proxy-client; do
    swift build -c release --product "$product"
done
programs=$(swift build -c release --show-bin-path)

work=$(mktemp -d)
pids=()
cleanup() {
    local status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    if [ "$status" -ne 0 ]; then
        for log in "$work"/*.log "$work"/logs/*; do
            [ -s "$log" ] && { printf -- '--- %s\n' "${log##*/}" >&2; tail -20 "$log" >&2; }
        done
        printf 'the demo failed\n' >&2
    fi
    rm -rf "$work"
}
trap cleanup EXIT

# await LOG PID WORDS: until the program says that it is ready, or ends, or half a minute has passed.
await() {
    for _ in $(seq 300); do
        grep -q "$3" "$1" 2>/dev/null && return 0
        kill -0 "$2" 2>/dev/null || fail "${1##*/}: it ended before it was ready (is another program at its ports?)"
        sleep 0.1
    done
    fail "${1##*/}: not ready within 30 seconds"
}

cp proxy.json "$work/"

say "starting the mock servers"
"$programs/secure-proxy-mock" --config "$work/proxy.json" >"$work/mock.log" 2>&1 &
pids+=($!)
await "$work/mock.log" $! "mock oauth server on"

say "starting the proxy with proxy.json"
"$programs/secure-proxy" run --config "$work/proxy.json" --workers 0 >"$work/proxy.log" 2>&1 &
pids+=($!)
await "$work/proxy.log" $! "secure-proxy is ready"

say "running the four scenarios"
"$programs/secure-proxy-client" scenarios --address 127.0.0.1 --ca "$work/certs/servercert.pem" --wait 10 "$@"
