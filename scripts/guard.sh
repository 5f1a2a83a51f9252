#!/usr/bin/env bash
# Counts instructions, allocations and system calls of the release build in fixed scenarios, and fails where they are
# above Benchmarks/guard/ceilings.json. Takes some minutes. See Benchmarks/guard/README.md.
#
#   scripts/guard.sh [--skip-build] [--binary PATH] [--bench PATH] [--mock PATH]
#                    [--update] [--profile FILE] [--only NAME] [--skip-instructions]
set -euo pipefail
# Paths in the arguments are the caller's.
here=$PWD
cd "$(dirname "$0")/.."
source scripts/setup.sh

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$here" "$1" ;; esac }

build=yes binary='' bench='' mock=''
rest=()
while [ $# -gt 0 ]; do
    case $1 in
        --skip-build) build=no ;;
        --binary | --bench | --mock | --profile)
            [ $# -gt 1 ] || fail "$1 needs a path"
            path=$(absolute "$2")
            case $1 in
                --binary) binary=$path ;;
                --bench) bench=$path ;;
                --mock) mock=$path ;;
                --profile) rest+=(--profile "$path") ;;
            esac
            shift
            ;;
        *) rest+=("$1") ;;
    esac
    shift
done

install_debian valgrind python3 openssl binutils

programs=''
if [ -z "$binary" ] || [ -z "$bench" ] || [ -z "$mock" ]; then
    programs=$(swift build -c release --show-bin-path)
    if [ "$build" = yes ]; then
        say "building the programs (the first time takes some minutes)"
        [ -n "$binary" ] || swift build -c release --static-swift-stdlib --product secure-proxy
        [ -n "$bench" ] || swift build -c release --static-swift-stdlib --product secure-proxy-bench
        [ -n "$mock" ] || swift build -c release --static-swift-stdlib --product secure-proxy-mock
    fi
fi
binary=${binary:-$programs/secure-proxy}
bench=${bench:-$programs/secure-proxy-bench}
mock=${mock:-$programs/secure-proxy-mock}
for program in "$binary" "$bench" "$mock"; do
    [ -x "$program" ] || fail "$program is not there: leave --skip-build out"
done

export PYTHONDONTWRITEBYTECODE=1
exec python3 Benchmarks/guard/guard.py --binary "$binary" --bench "$bench" --mock "$mock" ${rest[@]+"${rest[@]}"}
