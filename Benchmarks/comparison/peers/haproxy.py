"""HAProxy in TCP mode: TLS in, TCP out."""

from __future__ import annotations

from pathlib import Path

from .base import Peer, Setup, first_line

CONFIGURATION = """\
global
    nbthread 1
    maxconn 9500
    user nobody
    group nogroup
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
    ssl-default-bind-curves X25519
    ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
    mode tcp
    timeout connect 30s
    timeout client 10m
    timeout server 10m

listen bridge
    bind 127.0.0.1:{port} ssl crt {both} backlog 511
    maxconn 9500
    server application 127.0.0.1:{backend_port}
"""


class HAProxy(Peer):
    name = "haproxy"
    title = "HAProxy"
    kind = "tls"
    package = "haproxy"
    program = "haproxy"
    notes = ("One thread; room for 9,500 tunnels; everything else at its default. Nothing is logged unless asked for.",)

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "-v"], r"HAProxy version \S+")

    def files(self, setup: Setup) -> dict[str, str]:
        return {"haproxy.cfg": CONFIGURATION.format(port=setup.port, backend_port=setup.backend_port,
                                                    both=setup.material.both)}

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "-db", "-f", str(setup.directory / "haproxy.cfg")]
