"""nginx's stream module: TLS in, TCP out."""

from __future__ import annotations

from pathlib import Path

from .base import Peer, Setup, first_line

CONFIGURATION = """\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user nobody nogroup;
worker_processes 1;
worker_rlimit_nofile {descriptors};
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{
    worker_connections 20000;
    multi_accept on;
}}
stream {{
    server {{
        listen 127.0.0.1:{port} ssl backlog=511;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
        ssl_ecdh_curve X25519;
        proxy_pass 127.0.0.1:{backend_port};
    }}
}}
"""


class Nginx(Peer):
    name = "nginx"
    title = "nginx stream"
    kind = "tls"
    package = "libnginx-mod-stream"
    program = "nginx"
    notes = ("One worker; multi_accept and room for 10,000 tunnels; everything else, proxy_buffer_size (16 KiB) among "
             "it, at its default. A stream server logs no connections by default.",
             "The generator closes its side at once instead of waiting for nginx to end the connection: what comes in "
             "one piece with the handshake's end is now and then not looked at until more comes.")

    def find(self, setup: Setup) -> Path | None:
        if not Path("/usr/lib/nginx/modules/ngx_stream_module.so").exists():
            return None
        return super().find(setup)

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "-v"], r"nginx/\S+")

    def files(self, setup: Setup) -> dict[str, str]:
        return {"nginx.conf": CONFIGURATION.format(
            directory=setup.directory, port=setup.port, backend_port=setup.backend_port, descriptors=20000,
            certificate=setup.material.certificate, key=setup.material.key)}

    def target(self, setup: Setup) -> list[str]:
        return [*super().target(setup), "--close", "eager"]

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "-p", str(setup.directory), "-c", str(setup.directory / "nginx.conf"),
                "-e", str(setup.directory / "error.log")]
