"""Goes through the rounds: in each, every scenario; in that, every peer, beginning with another one each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from . import generator
from .options import Options
from .peers import OURS, Peer
from .processes import StartFailed
from .scenarios import HALF, Scenario, all_scenarios
from .stage import Stage
from .summary import Collected, Series, values_of
from .values import add_memory, spread

CALIBRATION = ("echo", "--tunnels", "64", "--size", "1024", "--depth", "1", "--verify")
# A peer has to be able to do a little more than it is asked for, or what is measured is its queue.
HEADROOM = 1.15


class Session:
    """Collects the runs. `problems` are sentences for people; `broken` is why the exit code won't be 0."""

    def __init__(self, options: Options, stage: Stage, say: Callable[[str], None]) -> None:
        self.options, self.stage, self.say = options, stage, say
        self.collected: Collected = {}
        self.runs: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.broken: list[str] = []
        self.begun = time.monotonic()
        self.best_two: list[str] | None = None
        self.scenarios = [self.fitted(scenario) for scenario in all_scenarios()
                          if scenario.name in options.scenarios and not (options.quick and scenario.slow)]

    def fitted(self, scenario: Scenario) -> Scenario:
        """As often as there are rounds."""
        return replace(scenario, rounds=min(self.options.rounds, scenario.rounds or self.options.rounds))

    # Who

    def chosen(self, scenario: Scenario) -> list[Peer]:
        """Its peers in the order of the tables, those that aren't there left out."""
        there = [peer for name, peer in self.stage.peers.items() if name not in self.stage.unavailable]
        named = set(self.two_best()) if "best tls" in scenario.peers else set()
        return [peer for peer in there if peer.kind in scenario.peers or peer.name in named]

    def two_best(self) -> list[str]:
        """The two yardsticks that are best at echo-64, decided once; without that, the first two."""
        if self.best_two is None:
            there = [name for name, peer in self.stage.peers.items()
                     if peer.kind == "tls" and name not in self.stage.unavailable]
            scenario = next((each for each in self.scenarios if each.name == "echo-64"), None)
            found = self.collected.get("echo-64", {})
            if scenario is not None:
                medians = {name: spread(values_of(scenario, found[name]))["median"] for name in there if name in found}
                there.sort(key=lambda name: medians.get(name) or float("inf"))
            self.best_two = there[:1] if self.options.quick else there[:2]
        return self.best_two

    def seconds(self, scenario: Scenario) -> float:
        """What a run of it takes, roughly."""
        if self.options.quick:
            return 0.5 + min(scenario.overhead, 4)
        return scenario.overhead + (self.options.seconds + self.options.warm_up if scenario.timed else 0)

    def estimate(self) -> float:
        """Seconds for everything."""
        return sum(self.seconds(scenario) * (scenario.rounds or 1) * scenario.times * len(self.chosen(scenario))
                   for scenario in self.scenarios)

    # One run

    def arguments(self, scenario: Scenario, peer: Peer, backend: int) -> list[str]:
        """The generator's, but for mode and amount."""
        up, (_, cpus) = self.stage.up[peer.name], self.stage.cpus(scenario)
        threads = ["--threads", str(scenario.workers)] if scenario.workers > 1 else []
        where = [] if scenario.pin == "both" else ["--cpu", ",".join(map(str, cpus))]
        return [*peer.target(up.setup), *peer.token_options(up.setup, scenario.tokens_once), *peer.tls_options(),
                "--ca", str(self.stage.material.certificate), "--pid", str(up.process.pid), "--children",
                "--backend-pid", str(backend), "--timeout", "30" if scenario.connections else "10", "--json", *threads,
                *where]

    def amount(self, scenario: Scenario, peer: Peer) -> list[str]:
        """How much, how long."""
        if scenario.many:
            wanted = min(peer.idle_tunnels, 1000) if self.options.quick else peer.idle_tunnels
            return ["--tunnels", str(wanted), "--settle", "0.2" if self.options.quick else "1"]
        if not scenario.timed:
            return []
        return ["--seconds", f"{self.options.seconds:g}", "--warm-up", f"{self.options.warm_up:g}"]

    def call(self, scenario: Scenario, peer: Peer, number: int, phase: str, what: list[str]) -> dict[str, Any] | None:
        """One run of the generator; its report if all went well. Everything is kept in `runs`."""
        started = datetime.now(UTC)
        arguments: list[str] = what
        try:
            self.stage.ready(peer, scenario)
            _, cpus = self.stage.cpus(scenario)
            backend = self.stage.backend.serve(scenario.backend, cpus, scenario.workers)
            arguments = [*what, *self.arguments(scenario, peer, backend)]
            outcome = generator.call(self.options.generator, arguments, cpus, peer.tls, 240 if scenario.many else 60)
        except StartFailed as error:
            outcome = generator.Outcome(arguments, None, None, str(error))
        if outcome.report is not None and scenario.many:
            add_memory(outcome.report, peer.shares_pages)
        if outcome.ok and phase == "measure" and scenario.main(outcome.report or {}) is None:
            outcome = replace(outcome, reason=f"the report has no {scenario.metric}")
        self.runs.append({"scenario": scenario.name, "peer": peer.name, "round": number, "phase": phase,
                          "started": f"{started:%Y-%m-%dT%H:%M:%SZ}", "ok": outcome.ok, "reason": outcome.reason,
                          "arguments": outcome.arguments, "exit_code": outcome.exit_code, "report": outcome.report})
        if outcome.ok:
            return outcome.report
        sentence = f"round {number}, {scenario.name}, {peer.title}: {outcome.reason}"
        self.problems.append(sentence)
        if peer.name == OURS or outcome.wrong_bytes:
            self.broken.append(sentence)
        # Whatever state it is in, the next run begins with a new process.
        self.stage.stop(peer.name)
        return None

    # A scenario in a round

    def series(self, scenario: Scenario, peer: Peer) -> Series:
        return self.collected.setdefault(scenario.name, {}).setdefault(peer.name, Series())

    def keep(self, scenario: Scenario, peer: Peer, number: int, report: dict[str, Any] | None) -> None:
        series = self.series(scenario, peer)
        series.put(number, report)
        if scenario.many:
            series.note = peer.idle_note
        if report is None:
            series.failed += 1
            series.reason = self.runs[-1]["reason"]

    def measure(self, scenario: Scenario, number: int, order: list[Peer]) -> None:
        rates = self.calibrate(scenario, number, order) if scenario.rate == HALF else {}
        asked = self.half(rates)
        for peer in order:
            what = [*scenario.arguments, *self.amount(scenario, peer)]
            if scenario.rate == HALF:
                most = rates.get(peer.name)
                if asked is None or most is None or most < HEADROOM * asked:
                    series = self.series(scenario, peer)
                    series.put(number, None)
                    series.reason = ("the highest rate could not be found" if asked is None or most is None else
                                     f"it can't do the rate: {most:,.0f} of {asked:,.0f} messages/s at most")
                    continue
                what += ["--rate", f"{asked:.0f}"]
            report = self.call(scenario, peer, number, "measure", what)
            if report is not None and peer.name in rates:
                report["maximum_rate"] = rates[peer.name]
            self.keep(scenario, peer, number, report)
            if scenario.fresh:
                self.stage.stop(peer.name)

    def calibrate(self, scenario: Scenario, number: int, order: list[Peer]) -> dict[str, float]:
        """What each can do at most, in messages per second."""
        seconds = max(0.2, self.options.seconds / 2)
        time_options = ["--seconds", f"{seconds:g}", "--warm-up", f"{self.options.warm_up:g}"]
        rates = {}
        for peer in order:
            report = self.call(scenario, peer, number, "calibrate", [*CALIBRATION, *time_options])
            if report is not None and report.get("messages_per_second"):
                rates[peer.name] = float(report["messages_per_second"])
        return rates

    def half(self, rates: dict[str, float]) -> float | None:
        """Half of what both Secure Proxy and the fastest yardstick can do."""
        others = [rate for name, rate in rates.items() if name != OURS]
        known = [rate for rate in (rates.get(OURS), max(others, default=None)) if rate is not None]
        return min(known) / 2 if known else None

    # All of it

    def run(self, after_round: Callable[[], None]) -> None:
        total = self.estimate()
        time_words = f"{total / 60:.0f} minutes" if total > 90 else f"{total:.0f} seconds"
        self.say(f"{len(self.scenarios)} scenarios, {self.options.rounds} rounds: about {time_words}")
        for number in range(1, self.options.rounds + 1):
            for index, scenario in enumerate(self.scenarios):
                if number > (scenario.rounds or 0):
                    continue
                peers = self.chosen(scenario)
                shift = (number - 1 + index) % max(1, len(peers))
                for time_in_round in range(scenario.times):
                    self.measure(scenario, (number - 1) * scenario.times + time_in_round + 1,
                                 peers[shift:] + peers[:shift])
                self.progress(scenario, number, peers)
            self.stage.stop_peers()
            after_round()

    def progress(self, scenario: Scenario, number: int, peers: list[Peer]) -> None:
        """A line with the medians so far."""
        words = []
        for peer in peers:
            series = self.collected.get(scenario.name, {}).get(peer.name)
            median = spread(values_of(scenario, series))["median"] if series else None
            words.append(f"{peer.name} " + ("–" if median is None else f"{median:.4g}"))
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        self.say(f"[{minutes}:{seconds:02}] round {number}/{scenario.rounds} {scenario.name} ({scenario.unit}): "
                 + ", ".join(words))
