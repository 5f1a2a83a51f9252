"""hitch: a TLS terminator and nothing else."""

from __future__ import annotations

from pathlib import Path

from .base import Peer, Setup, first_line

CONFIGURATION = """\
frontend = "[127.0.0.1]:{port}"
backend = "[127.0.0.1]:{backend_port}"
pem-file = "{both}"
workers = 1
backlog = 511
user = "nobody"
group = "nogroup"
daemon = off
tls-protos = TLSv1.2 TLSv1.3
ciphersuites = "TLS_AES_128_GCM_SHA256"
ecdh-curve = "X25519"
"""


class Hitch(Peer):
    name = "hitch"
    title = "hitch"
    kind = "tls"
    package = "hitch"
    program = "hitch"
    notes = ("One worker; everything else at its default.",
             "Its worker puts itself on CPU 0, wherever it is started; so the others are measured there, too.")

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "--version"], r"hitch \d\S*")

    def files(self, setup: Setup) -> dict[str, str]:
        return {"hitch.conf": CONFIGURATION.format(port=setup.port, backend_port=setup.backend_port,
                                                   both=setup.material.both)}

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), f"--config={setup.directory}/hitch.conf", f"--pidfile={setup.directory}/hitch.pid"]
