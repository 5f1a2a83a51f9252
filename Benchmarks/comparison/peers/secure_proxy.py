"""Secure Proxy itself, the release build, as its users get it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from ..material import AUDIENCE
from ..processes import LOCALHOST, Process, StartFailed
from .base import Peer, Setup, first_line


class SecureProxy(Peer):
    name = "secure-proxy"
    title = "Secure Proxy"
    kind = "ours"
    program = "secure-proxy"
    notes = ("One worker: unprivileged, in its jail, behind Landlock and seccomp.",
             "The gate is on (RS256, keys from a provider, audience checked); logs, metrics, limits and pings at their "
             "defaults.",
             "proxyWorkerConnections is raised for the scenarios with 1,000 tunnels or more, and only there.")

    def find(self, setup: Setup) -> Path | None:
        return setup.programs["secure-proxy"]

    def version(self, program: Path) -> str | None:
        return first_line([str(program), "--version"])

    def source(self, setup: Setup) -> str:
        return "this tree"

    def files(self, setup: Setup) -> dict[str, str]:
        numbers: dict[str, int] = {"proxyWorkerProcesses": setup.workers, "wssProxyBindPort": setup.port,
                                   "oAuthProxyBindPort": setup.admin_port + 1}
        if setup.connections is not None:
            numbers["proxyWorkerConnections"] = setup.connections
        return {"proxy.json": json.dumps({
            "proxySettings": numbers,
            "backend": {"host": LOCALHOST, "port": setup.backend_port},
            "oidc": {"discovery": setup.discovery, "audience": [AUDIENCE]},
            "tls": {"certificate": str(setup.material.certificate), "key": str(setup.material.key)},
            "logs": {"directory": str(setup.directory / "logs")},
            "admin": {"port": setup.admin_port},
            "security": {"user": "nobody", "jailBaseDir": str(setup.directory / "jail")},
        }, indent=2) + "\n"}

    def command(self, program: Path, setup: Setup) -> list[str]:
        return [str(program), "run", "--config", str(setup.directory / "proxy.json")]

    def start(self, program: Path, setup: Setup, cpus: list[int]) -> Process:
        (setup.directory / "jail").mkdir(parents=True)
        return super().start(program, setup, cpus)

    def token_options(self, setup: Setup, never_seen: bool) -> list[str]:
        if never_seen:
            return ["--token-file", str(setup.material.tokens), "--tokens-once"]
        return ["--token-file", str(setup.material.token)]

    def await_ready(self, process: Process, setup: Setup) -> None:
        """Ready is when it has the provider's keys."""
        super().await_ready(process, setup)
        until = time.monotonic() + 15
        while time.monotonic() < until and process.lives():
            try:
                with urllib.request.urlopen(f"http://{LOCALHOST}:{setup.admin_port}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.02)
        raise StartFailed(f"not ready: {process.last_words()}")
