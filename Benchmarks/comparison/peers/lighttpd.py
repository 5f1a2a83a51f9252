"""lighttpd with mod_wstunnel: WebSocket over TLS in, TCP out."""

from __future__ import annotations

from pathlib import Path

from .base import Peer, Setup, first_line

CONFIGURATION = """\
server.modules = ( "mod_openssl", "mod_wstunnel" )
server.document-root = "{directory}"
server.bind = "127.0.0.1"
server.port = {port}
server.max-worker = 0
server.max-fds = 20000
server.max-connections = 9500
server.listen-backlog = 511
server.errorlog = "{directory}/error.log"
ssl.engine = "enable"
ssl.pemfile = "{certificate}"
ssl.privkey = "{key}"
ssl.openssl.ssl-conf-cmd = ( "Ciphersuites" => "TLS_AES_128_GCM_SHA256", "Groups" => "X25519" )
wstunnel.server = ( "" => ( ( "host" => "127.0.0.1", "port" => {backend_port} ) ) )
wstunnel.frame-type = "binary"
"""


class Lighttpd(Peer):
    name = "lighttpd"
    title = "lighttpd mod_wstunnel"
    kind = "websocket"
    package = "lighttpd"
    program = "lighttpd"
    notes = ("One process; binary frames; room for 9,500 connections; no access log, as by default.",)

    def find(self, setup: Setup) -> Path | None:
        if not Path("/usr/lib/lighttpd/mod_openssl.so").exists():
            return None
        return super().find(setup)

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "-v"], r"lighttpd/\S+")

    def files(self, setup: Setup) -> dict[str, str]:
        return {"lighttpd.conf": CONFIGURATION.format(
            directory=setup.directory, port=setup.port, backend_port=setup.backend_port,
            certificate=setup.material.certificate, key=setup.material.key)}

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "-D", "-f", str(setup.directory / "lighttpd.conf")]
