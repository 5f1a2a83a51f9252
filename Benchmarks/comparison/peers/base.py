"""What the runner has to know of a peer."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..material import Material
from ..processes import LOCALHOST, Process


@dataclass(frozen=True)
class Setup:
    """One start of a peer: what its configuration is written from."""

    directory: Path
    port: int
    backend_port: int
    material: Material
    programs: dict[str, Path]
    environment: Path
    discovery: str
    admin_port: int
    workers: int = 1
    # Only where a scenario needs more tunnels than Secure Proxy's default: see Scenario.connections.
    connections: int | None = None


@dataclass(frozen=True)
class Negotiated:
    """What a handshake has to come to, as the generator reports it."""

    version: str = "TLSv1.3"
    cipher: str = "TLS_AES_128_GCM_SHA256"
    group: str = "x25519"
    certificate: str = "EC 256"


def first_line(command: list[str], pattern: str = r"\S.*") -> str | None:
    """The first line of what it prints that has the pattern, however it ends; None if it can't be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, done.stdout + "\n" + done.stderr)
    return found.group(0).strip() if found else None


def debian_version(package: str) -> str | None:
    return first_line(["dpkg-query", "-W", "-f=${Version}\n", package])


class Peer:
    """A proxy. What differs from one to the next is overridden; most need a program, files, a command and a target."""

    name = ""
    title = ""
    kind = ""  # "ours", "tls", "websocket"
    package = ""  # Debian's
    program = ""
    notes: tuple[str, ...] = ()
    tls = Negotiated()
    # Tunnels that it is asked to hold in the scenarios of memory, and why fewer than the others.
    idle_tunnels = 9000
    idle_note: str | None = None
    # Processes that share their pages are counted by their share (Pss), or each would be charged for all.
    shares_pages = False

    def find(self, setup: Setup) -> Path | None:
        """The program, or None where it isn't installed."""
        found = shutil.which(self.program, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
        return Path(found) if found else None

    def version(self, program: Path) -> str | None:
        raise NotImplementedError

    def source(self, setup: Setup) -> str:
        return f"Debian {self.package} {debian_version(self.package) or '(version unknown)'}"

    def files(self, setup: Setup) -> dict[str, str]:
        """Configuration files by name, in `setup.directory`."""
        return {}

    def command(self, program: Path, setup: Setup) -> list[str]:
        raise NotImplementedError

    def target(self, setup: Setup) -> list[str]:
        """How the generator is to talk to it."""
        return ["--tls" if self.kind == "tls" else "--wss", f"{LOCALHOST}:{setup.port}"]

    def token_options(self, setup: Setup, never_seen: bool) -> list[str]:
        """Tokens for who asks for them: always the same one, or each only once."""
        return []

    def tls_options(self) -> list[str]:
        """What the generator offers in the handshake: only what all are to use."""
        return ["--tls13", "--ciphersuites", self.tls.cipher, "--groups", "X25519"]

    def start(self, program: Path, setup: Setup, cpus: list[int]) -> Process:
        """Writes the files, starts it, returns when it serves; raises StartFailed."""
        setup.directory.mkdir(parents=True, exist_ok=True)
        for name, text in self.files(setup).items():
            (setup.directory / name).write_text(text)
        process = Process(self.name, self.command(program, setup), setup.directory, cpus)
        try:
            self.await_ready(process, setup)
        except BaseException:
            process.stop()
            raise
        return process

    def await_ready(self, process: Process, setup: Setup) -> None:
        process.await_port(setup.port)
