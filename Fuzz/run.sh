#!/usr/bin/env bash
# Builds the fuzz harnesses with libFuzzer and AddressSanitizer and runs each for a bounded time.
#
#   Fuzz/run.sh [SECONDS [HARNESS…]]      default: 60 seconds each, all harnesses
#
# A harness is a directory here with harness.sh, *.swift, corpus/ (seeds) and failures/. A new failure is written to
# failures/ and ends the run with exit code 1: mend it, keep the file, the unit tests replay it from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
[ $# -gt 0 ] || set -- $(cd Fuzz && ls -d */ | tr -d /)

# The crash itself is what counts; Swift's backtracer may hang under a sanitizer.
export SWIFT_BACKTRACE=enable=no
flags="-O -g -wmo -parse-as-library -swift-version 6 -strict-memory-safety -sanitize=fuzzer,address
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility"

status=0
for harness in "$@"; do
  build=.build/fuzz/$harness
  mkdir -p "$build/corpus"
  modules="" sources="" options="" max_len=4096
  . "Fuzz/$harness/harness.sh"
  echo "== $harness: building"
  objects=""
  for module in $modules; do
    swiftc $flags -module-name "$module" -I "$build" -emit-module -emit-module-path "$build/$module.swiftmodule" \
      -c -o "$build/$module.o" Sources/"$module"/*.swift
    objects="$objects $build/$module.o"
  done
  swiftc $flags $options -module-name FuzzTarget -I "$build" -o "$build/fuzz" Fuzz/"$harness"/*.swift $sources $objects
  echo "== $harness: running for $seconds seconds"
  "$build/fuzz" -max_total_time="$seconds" -max_len="$max_len" -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="Fuzz/$harness/failures/" "$build/corpus" "Fuzz/$harness/corpus" || status=1
done
exit $status
