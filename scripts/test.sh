#!/usr/bin/env bash
# Installs what is missing, checks the format, builds, and runs every test. Arguments go to `swift test`,
# for example: scripts/test.sh --filter WebSocketTests
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh

# Other people's clients and identity providers, for the interop tests: see Tests/InteropTests.
install_debian python3 python3-venv openssl curl glewlwyd
# A token for keys, a browser for the status page, and what reads the files under deploy/ as the system will.
install_debian softhsm2 opensc libengine-pkcs11-openssl chromium logrotate shellcheck python3-yaml systemd util-linux
venv=.build-interop/venv
if ! cmp -s Tests/InteropTests/Peers/requirements.txt "$venv/requirements.txt" || ! "$venv/bin/python" -c 'import aiohttp, requests, websockets, websocket, oidc_provider_mock' >/dev/null 2>&1; then
    say "installing the interop clients into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r Tests/InteropTests/Peers/requirements.txt
    cp Tests/InteropTests/Peers/requirements.txt "$venv/"
fi

say "checking the format"
swift format lint --strict --recursive --parallel Package.swift Sources Tests

say "building (the first time takes some minutes)"
swift build --build-tests -Xswiftc -gline-tables-only

say "running the tests"
# The whole log is in .build/tests.log. Here the lines that a test began are left out, and what failed stands once more
# before the last line: where only the end of an output is kept, it must say which test it was.
log=.build/tests.log
status=0
swift test --skip-build "$@" 2>&1 | tee "$log" | { grep --text --line-buffered -v -e '^◇' -e '^✔ Test case' || true; } || status=$?
if ((status != 0)); then
    awk -f scripts/failures.awk "$log" | cut -c1-1000
    tail -n 1 "$log" | cut -c1-1000
fi
exit "$status"
