"""Reads what callgrind writes, and drives it while the program runs."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

# `rep movsb` counts as one instruction for each byte here, which no processor takes that long for. With these thresholds
# glibc copies in vectors instead, as it does for short blocks.
TUNABLES = "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000"


@dataclass
class Profile:
    """Instructions by function: its own, its own with those of what it called, and how often it was called."""

    own: Counter[str] = field(default_factory=Counter)
    inclusive: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    edges: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All instructions."""
        return sum(self.own.values())

    def less(self, other: Profile) -> Profile:
        """The difference of two, name by name; it may be negative."""
        difference = Profile()
        for name in ("own", "inclusive", "calls", "edges"):
            counter = Counter(getattr(self, name))
            counter.subtract(getattr(other, name))
            setattr(difference, name, counter)
        return difference


def read(path: Path) -> Profile:
    """Reads a file in callgrind's format: https://valgrind.org/docs/manual/cl-format.html."""
    profile = Profile()
    names: dict[str, str] = {}

    def name(text: str) -> str:
        # "(12) main" gives number 12 a name, "(12)" refers to it.
        match = re.match(r"\((\d+)\)(?: (.*))?$", text)
        if match is None:
            return text
        if match[2] is not None:
            names[match[1]] = match[2]
        return names[match[1]]

    function = callee = ""
    is_call = False
    with path.open(errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("fn="):
                function = name(line[3:])
            elif line.startswith("cfn="):
                callee = name(line[4:])
            elif line.startswith("calls="):
                profile.calls[callee] += int(line[6:].split()[0])
                is_call = True
            elif line[:1] in tuple("0123456789+-*"):
                words = line.split()
                cost = int(words[1]) if len(words) > 1 else 0
                if not is_call:
                    profile.own[function] += cost
                    profile.inclusive[function] += cost
                elif callee != function:
                    profile.inclusive[function] += cost
                    profile.edges[function, callee] += cost
                is_call = False
    return profile


class Control:
    """A program that runs under callgrind."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pid = 0
        self.taken = 0

    @property
    def command(self) -> list[object]:
        """What stands before the program's own command line."""
        return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.directory}/callgrind.out"]

    def forget(self) -> None:
        """Begins to count anew. `callgrind_control --zero` would leave some of what was counted; a dump does not."""
        self.dump().unlink()

    def take(self) -> Profile:
        """What was counted since."""
        path = self.dump()
        profile = read(path)
        path.unlink()
        return profile

    def dump(self) -> Path:
        """Has what was counted since the last time written to a file."""
        subprocess.run(
            ["callgrind_control", "--dump", str(self.pid)], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        self.taken += 1
        return self.directory / f"callgrind.out.{self.taken}"


def table(title: str, profile: Profile, units: float, unit: str, rows: int = 15) -> str:
    """The functions that cost most, for each unit, as text."""
    total = max(profile.total, 1)
    lines = [f"{title}: {profile.total / units:,.1f} instructions per {unit}", ""]
    for words, counter in (("by themselves", profile.own), ("with all that they called", profile.inclusive)):
        lines += [words, "    per unit   share     calls  function"]
        for name, cost in counter.most_common(rows if counter is profile.own else 3 * rows):
            lines.append(
                f"{cost / units:12.1f} {100 * cost / total:6.2f}% {profile.calls[name] / units:9.3f}  {name}")
        lines.append("")
    lines += ["from whom to whom", "    per unit  functions"]
    lines += [
        f"{cost / units:12.1f}  {caller} -> {callee}" for (caller, callee), cost in profile.edges.most_common(4 * rows)
    ]
    return demangled("\n".join(lines) + "\n\n")


def demangled(text: str) -> str:
    """The same with Swift's names as people write them, where the tool for that is there."""
    try:
        result = subprocess.run(
            ["swift", "demangle", "--simplified"], input=text, capture_output=True, text=True, check=False)
    except OSError:
        return text
    return result.stdout if result.returncode == 0 else text
