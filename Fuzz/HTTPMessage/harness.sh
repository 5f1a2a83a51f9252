# What Fuzz/run.sh needs to know of this harness: modules in the order of their dependencies, and sources besides *.swift here.
modules="Bytes HTTP1"
sources="Tests/HTTP1Tests/HTTPFuzzCase.swift"
max_len=4096
