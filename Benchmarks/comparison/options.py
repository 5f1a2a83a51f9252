"""The command line."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .machine import in_file
from .peers import OURS, all_peers
from .scenarios import all_scenarios


@dataclass(frozen=True)
class Options:
    """What was asked for, with everything decided that was left open."""

    tree: Path
    output: Path
    proxy: Path
    generator: Path
    environment: Path
    quick: bool
    rounds: int
    seconds: float
    warm_up: float
    cpu: int
    other_cpu: int
    only: frozenset[str]
    scenarios: frozenset[str]

    @property
    def apart(self) -> bool:
        """Whether proxy and generator can have a CPU each."""
        return self.cpu != self.other_cpu


def names(text: str | None, known: list[str], what: str) -> frozenset[str]:
    """Those of a list, a name or the beginning of several: `workers` is all four of them."""
    if text is None:
        return frozenset(known)
    found: set[str] = set()
    for wanted in filter(None, (part.strip() for part in text.split(","))):
        chosen = {name for name in known if name == wanted} or {name for name in known if name.startswith(wanted)}
        if not chosen:
            raise SystemExit(f"there is no {what} {wanted!r}; there are {', '.join(known)}")
        found |= chosen
    return frozenset(found)


def default_output(tree: Path, quick: bool) -> Path:
    """Results by day and machine; those of a smoke run are nothing to keep."""
    if quick:
        return tree / ".build-bench" / "quick"
    cpu = in_file("/proc/cpuinfo", r"^model name\s*:(.*)$") or "cpu"
    word = re.sub(r"[^a-z0-9]+", "-", cpu.lower()).strip("-")
    return tree / "Benchmarks" / "results" / f"{datetime.now(UTC):%Y-%m-%d}-{word}-{os.cpu_count()}-cpus"


def parse(arguments: list[str] | None = None) -> Options:
    tree = Path(__file__).resolve().parents[2]
    allowed = sorted(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="comparison", description="Measures Secure Proxy beside other proxies. "
                                     "RESULTS.md tells what is written.")
    parser.add_argument("--quick", action="store_true", help="a smoke run: one round, a moment each; nothing to keep")
    parser.add_argument("--rounds", type=int, help="how often each is measured (5)")
    parser.add_argument("--seconds", type=float, help="how long each run measures (1.5)")
    parser.add_argument("--only", metavar="PEER,…", help="only these beside Secure Proxy")
    parser.add_argument("--scenario", metavar="NAME,…", help="only these, or those that begin so")
    parser.add_argument("--cpu", type=int, default=allowed[0],
                        help="the proxy's, and for costs everybody's (the first, where hitch always goes)")
    parser.add_argument("--other-cpu", type=int, help="generator and backend where rates and latencies are measured")
    parser.add_argument("--output", type=Path, help="the directory for results.json")
    parser.add_argument("--binary", type=Path, required=True, help="secure-proxy")
    parser.add_argument("--generator", type=Path, required=True, help="secure-proxy-bench")
    parser.add_argument("--environment", type=Path, default=tree / ".build-bench" / "venv",
                        help="the Python environment with the peers from PyPI")
    given = parser.parse_args(arguments)
    others = [cpu for cpu in allowed if cpu != given.cpu]
    other = given.other_cpu if given.other_cpu is not None else (others[0] if others else given.cpu)
    for cpu in (given.cpu, other):
        if cpu not in allowed:
            parser.error(f"CPU {cpu} is not ours to use; there are {', '.join(map(str, allowed))}")
    for program in (given.binary, given.generator):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is no program")
    if os.geteuid() != 0:
        parser.error("it has to run as root, because Secure Proxy is measured as it is run: its workers go into a jail "
                     "and become another user, which only root can make them do")
    peers = names(given.only, [peer.name for peer in all_peers()], "peer") | {OURS}
    return Options(
        tree=tree, output=(given.output or default_output(tree, given.quick)).resolve(),
        proxy=given.binary.resolve(), generator=given.generator.resolve(), environment=given.environment.resolve(),
        quick=given.quick, rounds=max(1, given.rounds or (1 if given.quick else 5)),
        seconds=given.seconds or (0.25 if given.quick else 1.5), warm_up=0.1 if given.quick else 0.3,
        cpu=given.cpu, other_cpu=other, only=peers,
        scenarios=names(given.scenario, [scenario.name for scenario in all_scenarios()], "scenario"))
