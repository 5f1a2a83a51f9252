"""The real daemon with everything that it needs around it: a provider, an application, settings, tokens.

Everything is one process each, on ports of the kernel's choice and in a directory of its own, and is gone afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

PROVIDER = "guard"
PATIENCE = 120.0


class SceneError(Exception):
    """Something did not start, end or answer as it should."""


@dataclass
class Programs:
    """The programs of one build."""

    proxy: Path
    bench: Path
    mock: Path


@dataclass
class Ports:
    """Ports that nobody else has: two for the bridge (bulk, echo), two behind it, and the others."""

    bulk: int
    echo: int
    bulk_backend: int
    echo_backend: int
    provider: int
    application: int
    front_door: int
    admin: int


def free_ports() -> Ports:
    """Asks the kernel for ports, all at once so that none comes twice."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(8)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return Ports(*(one.getsockname()[1] for one in sockets))


def settings(ports: Ports) -> dict[str, object]:
    """What proxy.json holds: defaults but for ports, so gate, access log, metrics, limits and pings are on."""
    return {
        "proxySettings": {
            "proxyWorkerProcesses": "0",
            "wssProxyBindPort": str(ports.bulk),
            "oAuthProxyBindPort": str(ports.front_door),
        },
        "backend": {"host": "127.0.0.1", "port": ports.bulk_backend},
        "listeners": [
            {"name": "echo", "kind": "bridge", "ports": str(ports.echo), "backend": {"port": ports.echo_backend}}
        ],
        "oidc": {
            "discovery": f"http://127.0.0.1:{ports.provider}/{PROVIDER}/.well-known/openid-configuration",
            "audience": ["default"],
        },
        "logs": {"directory": "logs", "level": "error", "access": "all"},
        "admin": {"address": "127.0.0.1", "port": ports.admin},
    }


@dataclass
class Scene:
    """A directory, the processes in it, and how to let the load generator loose on the daemon."""

    programs: Programs
    directory: Path
    ports: Ports
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    daemon: subprocess.Popen[bytes] | None = None
    minted: int = 0

    @classmethod
    @contextlib.contextmanager
    def open(cls, programs: Programs):
        """A provider and an application; the daemon is started by whoever knows under what."""
        directory = Path(tempfile.mkdtemp(prefix="secure-proxy-guard."))
        scene = cls(programs, directory, free_ports())
        try:
            (directory / "proxy.json").write_text(json.dumps(settings(scene.ports)))
            ports = scene.ports
            scene.start(
                [programs.mock, "--tcp-port", ports.application, "--oauth-port", ports.provider],
                "mock", "mock oauth server on")
            scene.start(
                [programs.bench, "--serve", f"any:{ports.bulk_backend},echo:{ports.echo_backend}"],
                "backend", "serves 2 ports")
            yield scene
        finally:
            for process in reversed(scene.processes):
                end(process)
            shutil.rmtree(directory, ignore_errors=True)

    def start(
        self, command: list[object], name: str, words: str, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Starts a program and waits until it has said `words`."""
        log = self.directory / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in command], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
        self.processes.append(process)
        deadline = time.monotonic() + PATIENCE
        while words not in (said := log.read_text(errors="replace")):
            if process.poll() is not None:
                raise SceneError(f"{name} ended before it was ready:\n{said}")
            if time.monotonic() > deadline:
                raise SceneError(f"{name} is not ready within {PATIENCE:.0f} s:\n{said}")
            time.sleep(0.05)
        return process

    def start_daemon(
        self, before: list[object] | None = None, binary: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> int:
        """Starts the daemon as one process, behind the words `before`, and answers its process id."""
        command = [*(before or []), binary or self.programs.proxy, "run", "--config", "proxy.json", "--workers", "0"]
        self.daemon = self.start(command, "proxy", "secure-proxy is ready", environment)
        return self.daemon.pid

    def stop_daemon(self) -> None:
        """Ends the daemon, and insists that it ends well."""
        assert self.daemon is not None
        self.daemon.terminate()
        code = self.daemon.wait(PATIENCE)
        said = (self.directory / "proxy.log").read_text(errors="replace")
        if code != 0:
            raise SceneError(f"the daemon ended with {code}:\n{said}")
        self.processes.remove(self.daemon)
        self.daemon = None

    def tokens(self, count: int) -> Path:
        """A file of tokens that nobody has seen before."""
        lines = []
        for _ in range(count):
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.ports.provider}/mock/token",
                data=json.dumps({"issuer": PROVIDER, "lifetime": 86_400}).encode(), method="POST")
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                lines.append(answer.read().decode())
        self.minted += 1
        path = self.directory / f"tokens-{self.minted}"
        path.write_text("\n".join(lines) + "\n")
        return path

    def load(self, mode: str, count: int, tokens: Path, options: list[str]) -> dict:
        """Runs the load generator for exactly `count` units, without a warm-up, and answers its report."""
        assert self.daemon is not None
        port = self.ports.bulk if mode in ("upload", "download") else self.ports.echo
        command = [
            self.programs.bench, mode, "--wss", f"127.0.0.1:{port}", "--ca", self.directory / "certs/servercert.pem",
            "--token-file", tokens, "--tls13", "--warm-up", "0", "--count", count, "--timeout", PATIENCE, "--json",
            "--pid", self.daemon.pid, *options,
        ]
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise SceneError(f"the load generator is not content ({mode}):\n{result.stderr}{result.stdout[-2000:]}")
        report = json.loads(result.stdout)
        if report["tls"]["cipher"] != "TLS_AES_128_GCM_SHA256":
            raise SceneError(f"another cipher was chosen, so nothing can be compared: {report['tls']['cipher']}")
        self.rest()
        return report

    def rest(self) -> None:
        """Waits until the daemon uses no CPU time any more: what follows a connection's end is part of its cost."""
        assert self.daemon is not None
        quiet, before = 0, -1
        deadline = time.monotonic() + PATIENCE
        while quiet < 4:
            now = sum(
                int((task / "schedstat").read_text().split()[0])
                for task in Path(f"/proc/{self.daemon.pid}/task").iterdir())
            # Ticks of timers cost some microseconds (under valgrind a hundred times as much).
            quiet = quiet + 1 if now - before < 500_000 else 0
            before = now
            if time.monotonic() > deadline:
                raise SceneError("the daemon does not come to rest")
            time.sleep(0.03)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, and does not wait for ever."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
