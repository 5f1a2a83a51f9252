"""V2Ray: a fixed target behind its WebSocket transport with TLS, no protocol of its own in between."""

from __future__ import annotations

import json
from pathlib import Path

from .base import Peer, Setup, first_line


class V2Ray(Peer):
    name = "v2ray"
    title = "V2Ray"
    kind = "websocket"
    package = "v2ray"
    program = "v2ray"
    notes = ("A dokodemo-door inbound over ws with tls, and a freedom outbound: bytes come out raw, without VMess.",
             "Go's own TLS, which chooses AES-128-GCM here by itself. It may have as many threads as it likes, all on "
             "the same CPU.",
             "It logs each connection, as by default; to a file.")

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "-version"], r"V2Ray \S+")

    def files(self, setup: Setup) -> dict[str, str]:
        return {"v2ray.json": json.dumps({
            "inbounds": [{
                "listen": "127.0.0.1", "port": setup.port, "protocol": "dokodemo-door",
                "settings": {"address": "127.0.0.1", "port": setup.backend_port, "network": "tcp"},
                "streamSettings": {
                    "network": "ws", "wsSettings": {"path": "/"}, "security": "tls",
                    "tlsSettings": {"certificates": [{"certificateFile": str(setup.material.certificate),
                                                      "keyFile": str(setup.material.key)}]}}}],
            "outbounds": [{"protocol": "freedom", "settings": {}}],
        }, indent=2) + "\n"}

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "-config", str(setup.directory / "v2ray.json")]

    def target(self, setup: Setup) -> list[str]:
        return [*super().target(setup), "--subprotocol", "none"]
