"""The TCP application behind all peers: the generator's own, with a port for each peer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .processes import Process, move


class Backend:
    """Echoes, or serves bulk; started again when the kind changes, moved when only the CPUs do.

    A peer doesn't notice: it connects for each tunnel. Every byte that arrives is verified.
    """

    def __init__(self, generator: Path, directory: Path, ports: list[int]) -> None:
        self.generator, self.directory, self.ports = generator, directory, ports
        self.process: Process | None = None
        self.shape: tuple[str, int] | None = None
        directory.mkdir(parents=True, exist_ok=True)

    def serve(self, kind: str, cpus: Iterable[int], threads: int = 1) -> int:
        """The process number of a backend that is as asked for."""
        chosen = sorted(set(cpus))
        if self.process is None or not self.process.lives() or self.shape != (kind, threads):
            self.stop()
            served = ",".join(f"{kind}:{port}" for port in self.ports)
            command = [str(self.generator), "--serve", served, "--verify", "--threads", str(threads)]
            self.process = Process("backend", command, self.directory, chosen)
            for port in self.ports:
                self.process.await_port(port)
            self.shape = (kind, threads)
        move(self.process.pid, chosen)
        return self.process.pid

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None
