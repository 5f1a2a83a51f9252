"""Allocations of the daemon, counted by a library that is loaded before it (Tests/AllocationCounter)."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

COUNTS = struct.Struct("<6Q")
# The whole file; the tests read the call chains that are behind the counts.
FILE_BYTES = 1 << 20


@dataclass(frozen=True)
class Counts:
    """What counter.h describes."""

    process: int
    own: int
    openssl: int
    releases: int
    bytes_allocated: int
    bytes_released: int


class Counter:
    """The library and the file that it counts in."""

    def __init__(self, source: Path, directory: Path) -> None:
        self.library = directory / "counter.so"
        self.file = directory / "allocations"
        self.file.write_bytes(bytes(FILE_BYTES))
        subprocess.run(
            ["clang", "-std=c11", "-O2", "-shared", "-fPIC", "-fno-optimize-sibling-calls", "-o", self.library, source],
            check=True)

    @property
    def environment(self) -> dict[str, str]:
        """What the daemon has to be started with."""
        return {"LD_PRELOAD": str(self.library), "SECURE_PROXY_ALLOCATIONS": str(self.file)}

    def read(self) -> Counts:
        """The counts as they are now."""
        with self.file.open("rb") as file:
            return Counts(*COUNTS.unpack(file.read(COUNTS.size)))
