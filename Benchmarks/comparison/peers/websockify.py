"""websockify, from Debian and from PyPI: a Python process for each connection."""

from __future__ import annotations

from pathlib import Path

from .base import Peer, Setup, debian_version, first_line


class Websockify(Peer):
    kind = "websocket"
    program = "websockify"
    notes = ("A process for each connection, as it is built; numpy is there, which it unmasks with.",)
    idle_tunnels = 40
    idle_note = "40 tunnels, as each is a process of its own; shared pages are divided among them"
    shares_pages = True

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "--cert", str(setup.material.certificate), "--key", str(setup.material.key), "--ssl-only",
                f"127.0.0.1:{setup.port}", f"127.0.0.1:{setup.backend_port}"]

    def target(self, setup: Setup) -> list[str]:
        # It may leave a connection open after Close.
        return [*super().target(setup), "--subprotocol", "binary", "--close", "eager"]


class DebianWebsockify(Websockify):
    name = "websockify-debian"
    title = "websockify (Debian)"
    package = "websockify"

    def version(self, program: Path) -> str | None:
        return f"websockify {debian_version(self.package)}"


class PyPIWebsockify(Websockify):
    name = "websockify-pypi"
    title = "websockify (PyPI)"

    def find(self, setup: Setup) -> Path | None:
        program = setup.environment / "bin" / "websockify"
        return program if program.exists() else None

    def version(self, program: Path) -> str | None:
        words = "import importlib.metadata as m; print('websockify', m.version('websockify'))"
        return first_line([str(program.parent / "python"), "-c", words])

    def source(self, setup: Setup) -> str:
        return "PyPI websockify"
