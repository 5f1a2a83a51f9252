#!/usr/bin/env bash
# Installs what building and testing need and is not there yet. Sourced by demo.sh and test.sh; safe to run alone.
set -euo pipefail

say() { printf '==> %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else fail "need root for: $*  (run it as root, or install sudo)"
    fi
}

# install_debian PACKAGE... : only what dpkg does not list as installed.
install_debian() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null 2>&1 || fail "please install these by hand: ${missing[*]}"
    say "installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

need_swift() {
    command -v swift >/dev/null 2>&1 || fail "Swift 6.2 or newer is needed: https://www.swift.org/install/linux/"
}

need_swift
install_debian libssl-dev libjansson-dev libc-ares-dev pkg-config
