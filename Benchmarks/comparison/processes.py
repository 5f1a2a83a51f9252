"""Starts programs on the CPUs they may use, waits until they serve, and ends them: only those started here."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCALHOST = "127.0.0.1"
# The state of a listening socket in /proc/net/tcp.
LISTENING = "0A"


class StartFailed(Exception):
    """A program did not come to serve; the words say why."""


@contextmanager
def pinned(cpus: Iterable[int]) -> Iterator[None]:
    """What is started inside inherits these CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cpus))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def move(pid: int, cpus: Iterable[int]) -> None:
    """Moves a running program with all its threads."""
    chosen = set(cpus)
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), chosen)


def raise_descriptor_limit() -> int:
    """As many descriptors as are allowed, for us and for whatever we start."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        if hard != resource.RLIM_INFINITY and wanted < hard:
            wanted = hard
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return wanted
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def listens(port: int) -> bool:
    """Whether something listens at the port. It is not connected to: some peers start a process for each connection."""
    ending = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[1].endswith(ending) and fields[3] == LISTENING:
                return True
    return False


class Process:
    """A program that was started here, with everything that it starts itself."""

    def __init__(self, name: str, command: list[str], directory: Path, cpus: Iterable[int]) -> None:
        self.name = name
        self.log = directory / "output.log"
        with pinned(cpus), self.log.open("ab") as log:
            # A session of its own, so that children that outlive their parent can be found and ended too.
            self.popen = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def lives(self) -> bool:
        return self.popen.poll() is None

    def last_words(self) -> str:
        """The end of what it printed, on one line."""
        lines = self.log.read_text(errors="replace").split("\n")
        return " / ".join(line.strip() for line in lines if line.strip())[-300:]

    def await_port(self, port: int, seconds: float = 15) -> None:
        """Returns when it serves; raises when it ended or didn't in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.lives():
                raise StartFailed(f"it ended with {self.popen.returncode}: {self.last_words()}")
            if listens(port):
                return
            time.sleep(0.02)
        raise StartFailed(f"nothing listens at port {port} after {seconds:g} s: {self.last_words()}")

    def stop(self) -> None:
        """Asks it to end, insists after five seconds, and ends what it may have left behind."""
        if self.lives():
            self.popen.terminate()
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
