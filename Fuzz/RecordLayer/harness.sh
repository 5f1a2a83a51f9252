# What Fuzz/run.sh needs to know of this harness: modules in the order of their dependencies, and sources besides *.swift here.
# The record layer is internal to its module, so its files are built into the harness, with the C that they need.
modules="Bytes"
sources="Sources/TLS/RecordLayer.swift Sources/TLS/RecordProtection.swift Sources/TLS/TrafficSecret.swift
  Tests/TLSTests/RecordPeer.swift Tests/TLSTests/RecordFuzzCase.swift"
mkdir -p "$build/CKeySchedule"
printf 'module CKeySchedule { header "%s" export * }\n' "$PWD/Sources/CKeySchedule/include/CKeySchedule.h" \
  >"$build/CKeySchedule/module.modulemap"
clang -O -g -fsanitize=address,fuzzer-no-link -I Sources/CKeySchedule/include -c -o "$build/CKeySchedule.o" \
  Sources/CKeySchedule/CKeySchedule.c
options="-I Sources/COpenSSL -I $build/CKeySchedule $build/CKeySchedule.o"
max_len=512
