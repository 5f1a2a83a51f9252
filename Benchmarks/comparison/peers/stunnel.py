"""stunnel: TLS in, TCP out, a thread for each connection."""

from __future__ import annotations

from pathlib import Path

from .base import Peer, Setup, first_line

CONFIGURATION = """\
foreground = yes
pid = {directory}/stunnel.pid
output = {directory}/stunnel.log
syslog = no

[bridge]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{backend_port}
cert = {certificate}
key = {key}
sslVersionMin = TLSv1.2
ciphersuites = TLS_AES_128_GCM_SHA256
curves = X25519
TIMEOUTidle = 600
"""


class Stunnel(Peer):
    name = "stunnel"
    title = "stunnel"
    kind = "tls"
    package = "stunnel4"
    program = "stunnel4"
    idle_tunnels = 2000
    idle_note = "2,000 tunnels, as each has a thread of its own"
    notes = ("A thread for each connection, as it is built; its log, at the default level, goes to a file.",)

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "-version"], r"stunnel \d\S*")

    def files(self, setup: Setup) -> dict[str, str]:
        return {"stunnel.conf": CONFIGURATION.format(
            directory=setup.directory, port=setup.port, backend_port=setup.backend_port,
            certificate=setup.material.certificate, key=setup.material.key)}

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), str(setup.directory / "stunnel.conf")]
