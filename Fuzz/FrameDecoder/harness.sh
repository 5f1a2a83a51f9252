# What Fuzz/run.sh needs to know of this harness: modules in the order of their dependencies, and sources besides *.swift here.
modules="Bytes HTTP1 WebSocket"
sources="Tests/WebSocketTests/FuzzCase.swift Tests/WebSocketTests/DecoderDriver.swift Tests/WebSocketTests/ReferenceDecoder.swift"
max_len=4096
