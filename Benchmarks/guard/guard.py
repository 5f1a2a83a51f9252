#!/usr/bin/env python3
"""Counts what a message, a MiB and a tunnel cost the daemon, and ends with 1 where one costs more than it may.

Nothing here is a time, so that it comes out the same on a busy machine: instructions in user space (callgrind),
allocations (a library loaded before the daemon), system calls (ptrace). Each number is the difference of a run with
twice the work and one with the work, so that what a run costs once is not in it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Callable, TypeVar

import ceilings
from allocations import Counter, Counts
from callgrind import TUNABLES, Control, Profile, table
from ceilings import Measure
from scenarios import SCENARIOS, Scenario
from scene import Programs, Scene, SceneError

ROOT = Path(__file__).resolve().parents[2]
Taken = TypeVar("Taken")


def say(words: str) -> None:
    """Tells what is going on, apart from the result."""
    print(f"==> {words}", file=sys.stderr, flush=True)


def twice(
    scene: Scene, scenario: Scenario, start: Callable[[], None], take: Callable[[], Taken]
) -> tuple[Taken, Taken]:
    """What `take` answers after a run with the work and after one with twice as much; `start` is called before each."""
    known = None if scenario.new_tokens else scene.tokens(1)
    few = max(scenario.count // 4, 1)
    scene.load(scenario.mode, few, known or scene.tokens(few), list(scenario.options))
    results = []
    for count in (scenario.count, 2 * scenario.count):
        tokens = known or scene.tokens(count)
        scene.rest()
        start()
        scene.load(scenario.mode, count, tokens, list(scenario.options))
        results.append(take())
    return results[0], results[1]


def units(scenario: Scenario) -> int:
    """How many units the difference of two runs is worth."""
    return scenario.count * scenario.units_per_count


def instructions(programs: Programs, wanted: list[Scenario], profile: Path | None) -> list[Measure]:
    """Runs the daemon under callgrind."""
    measures, text = [], ""
    with Scene.open(programs) as scene:
        # Valgrind gives up on debug information that is newer than it; the names of functions are enough.
        stripped = scene.directory / "secure-proxy"
        subprocess.run(["strip", "--strip-debug", "-o", stripped, programs.proxy], check=True)
        control = Control(scene.directory)
        control.pid = scene.start_daemon(control.command, stripped, {"GLIBC_TUNABLES": TUNABLES})
        for scenario in wanted:
            say(f"instructions: {scenario.name}")
            rounds: list[Profile] = []
            for _ in range(scenario.rounds):
                once, double = twice(scene, scenario, control.forget, control.take)
                rounds.append(double.less(once))
            value = statistics.median(one.total for one in rounds) / units(scenario)
            margin = 0.03 if scenario.rounds == 1 else 0.05
            measures.append(Measure("instructions", scenario.name, scenario.unit, value, margin))
            if profile is not None:
                text += table(scenario.name, rounds[0], units(scenario), scenario.unit)
        scene.stop_daemon()
    if profile is not None:
        profile.write_text(text)
    return measures


def allocations_and_calls(programs: Programs, wanted: list[Scenario]) -> list[Measure]:
    """Runs the daemon as it is, once counting allocations, once system calls."""
    measures = []
    with Scene.open(programs) as scene:
        counter = Counter(ROOT / "Tests/AllocationCounter/counter.c", scene.directory)
        pid = scene.start_daemon(environment=counter.environment)
        if counter.read().process != pid:
            raise SceneError("the daemon does not count its allocations: is it linked statically?")
        for scenario in wanted:
            say(f"allocations: {scenario.name}")
            measures += allocations(scene, scenario, counter)
        for scenario in wanted:
            if scenario.rounds > 1 or scenario.new_tokens:
                continue
            say(f"system calls: {scenario.name}")
            tokens = scene.tokens(1)
            report = scene.load(scenario.mode, scenario.count, tokens, [*scenario.options, "--trace-syscalls"])
            calls = report["proxy"]["system_calls"]
            if not calls:
                raise SceneError("the daemon's system calls could not be counted: ptrace needs root or ptrace_scope 0")
            # How many events come together while a connection opens, and whether a thread has to be woken, varies.
            margin = 0.25 if scenario.mode == "connect" else 0.05
            measures.append(
                Measure("system calls", scenario.name, scenario.unit, calls / scenario.count, margin, slack=0.02))
        scene.stop_daemon()
    return measures


def allocations(scene: Scene, scenario: Scenario, counter: Counter) -> list[Measure]:
    """Allocations of the daemon's own, and of OpenSSL for it."""
    before: list[Counts] = []
    rounds: list[tuple[int, int]] = []
    for _ in range(scenario.rounds):
        before.clear()
        first, second = twice(scene, scenario, lambda: before.append(counter.read()), counter.read)
        rounds.append((
            (second.own - before[1].own) - (first.own - before[0].own),
            (second.openssl - before[1].openssl) - (first.openssl - before[0].openssl)))
    # What happens once in a while (a timer, a list that grows) makes some allocations more or less in one of two runs.
    slack = 40 / units(scenario)
    bulk = scenario.rounds > 1
    own = statistics.median(one[0] for one in rounds) / units(scenario)
    openssl = statistics.median(one[1] for one in rounds) / units(scenario)
    return [
        Measure("allocations", scenario.name, scenario.unit, max(own, 0.0), 0.03, slack),
        Measure("allocations by OpenSSL", scenario.name, scenario.unit, max(openssl, 0.0), 0.05 if bulk else 0.02, slack),
    ]


def versions() -> dict[str, str]:
    """What the numbers depend on beside the code."""
    def words(*command: str) -> str:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.stdout.splitlines()[0].strip() if result.stdout else "unknown"

    return {
        "openssl": " ".join(words("openssl", "version").split()[:2]),
        "glibc": words("ldd", "--version").rsplit(" ", 1)[-1],
        "swift": words("swift", "--version").partition("(")[0].strip(),
        "valgrind": words("valgrind", "--version"),
        "machine": os.uname().machine,
    }


def main() -> int:
    """Measures, compares, tells."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True, help="the daemon")
    parser.add_argument("--bench", type=Path, required=True, help="the load generator")
    parser.add_argument("--mock", type=Path, required=True, help="the mock provider")
    parser.add_argument("--update", action="store_true", help="make what is measured the new standard")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write where the instructions go, by function")
    parser.add_argument("--only", metavar="NAME", help="only scenarios whose names begin so")
    parser.add_argument("--skip-instructions", action="store_true", help="only allocations and system calls (quick)")
    arguments = parser.parse_args()
    wanted = [one for one in SCENARIOS if one.name.startswith(arguments.only or "")]
    if not wanted:
        parser.error(f"no scenario begins with {arguments.only}: {', '.join(one.name for one in SCENARIOS)}")
    programs = Programs(arguments.binary.resolve(), arguments.bench.resolve(), arguments.mock.resolve())
    # All on one processor: what is ready when the daemon looks depends less on chance.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        measures = allocations_and_calls(programs, wanted)
        if not arguments.skip_instructions:
            measures += instructions(programs, wanted, arguments.profile)
    except (SceneError, subprocess.CalledProcessError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2

    verdicts = ceilings.judge(measures)
    print(ceilings.HEADER)
    for verdict in verdicts:
        print(verdict.words())
    present, then = versions(), ceilings.read().get("measured_with", {})
    if arguments.update:
        ceilings.update(measures, present)
        say(f"{ceilings.PATH.name} holds these now")
        return 0
    for name in present:
        if then and then.get(name) != present[name]:
            say(f"the ceilings are for {name} {then.get(name)}, this is {present[name]}: compare with care")
    failed = [verdict for verdict in verdicts if verdict.is_above]
    for verdict in failed:
        one = verdict.measure
        print(
            f"error: {one.scenario}: {shown_pair(one.value, verdict.ceiling)} {one.quantity} per {one.unit}",
            file=sys.stderr)
    if any(verdict.is_far_below for verdict in verdicts):
        say("some are far below their ceilings: --update, so that what was gained stays")
    if any(verdict.ceiling is None for verdict in verdicts):
        say("some have no ceiling yet: --update")
    return 1 if failed else 0


def shown_pair(value: float, ceiling: float | None) -> str:
    """A number and the ceiling that it is above."""
    return f"{ceilings.shown(value)} measured, at most {ceilings.shown(ceiling or 0)} allowed:"


if __name__ == "__main__":
    sys.exit(main())
