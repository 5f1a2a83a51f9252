"""From single runs to medians and ratios. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .scenarios import Scenario
from .values import Report, best_of_round, divided, spread

# Further numbers whose ratios a target is about.
RATIO_EXTRA = {"idle": ("after_messages",)}


@dataclass
class Series:
    """The runs of a peer in a scenario: a report for each round, None where it failed or wasn't tried."""

    reports: list[Report | None] = field(default_factory=list)
    failed: int = 0
    reason: str | None = None
    note: str | None = None

    def put(self, round_number: int, report: Report | None) -> None:
        """The report of a round, from 1 on."""
        while len(self.reports) < round_number:
            self.reports.append(None)
        self.reports[round_number - 1] = report


Collected = dict[str, dict[str, Series]]


def values_of(scenario: Scenario, series: Series, extra: str | None = None) -> list[float | None]:
    take = scenario.main if extra is None else scenario.extra[extra].take
    return [None if report is None else take(report) for report in series.reports]


def summarise_series(scenario: Scenario, series: Series) -> dict[str, Any]:
    extra = {name: spread(values_of(scenario, series, name)) for name in scenario.extra}
    return {**spread(values_of(scenario, series)), "failed": series.failed, "reason": series.reason,
            "note": series.note, "extra": extra}


def summarise(scenarios: Sequence[Scenario], collected: Collected) -> dict[str, Any]:
    return {scenario.name: {peer: summarise_series(scenario, series)
                            for peer, series in collected.get(scenario.name, {}).items()}
            for scenario in scenarios if collected.get(scenario.name)}


def best_by_median(values: dict[str, list[float | None]], higher_is_better: bool) -> dict[str, list[float | None]]:
    """The one of them whose median is best."""
    # One that could be measured now and then only may have been lucky each time.
    usual = {name: series for name, series in values.items() if 2 * sum(each is not None for each in series) >= len(series)}
    medians = {name: spread(series)["median"] for name, series in usual.items()}
    known = {name: median for name, median in medians.items() if median is not None}
    if not known:
        return {}
    name = (max if higher_is_better else min)(known, key=lambda each: known[each])
    return {name: values[name]}


def compare(ours: list[float | None], others: dict[str, list[float | None]], kinds: dict[str, str],
            higher_is_better: bool, differs_a_lot: bool = False) -> dict[str, Any]:
    """Ours by each of the others, and by the best of each kind in the same round; where single runs differ a lot, the
    best of a round is luck, and the one with the best median is taken."""
    rounds = len(ours)
    result: dict[str, Any] = {}
    for key, kind in (("best_tls", "tls"), ("best_websocket", "websocket")):
        rivals = {name: values for name, values in others.items() if kinds[name] == kind}
        if differs_a_lot:
            rivals = best_by_median(rivals, higher_is_better)
        best = best_of_round(rivals, rounds, higher_is_better)
        ratios = divided(ours, [None if pair is None else pair[1] for pair in best])
        known = any(value is not None for value in ratios)
        result[key] = {**spread(ratios), "peers": [pair[0] if pair else None for pair in best]} if known else None
    result["by_peer"] = {name: spread(divided(ours, values)) for name, values in others.items()}
    return result


def ratios(scenarios: Sequence[Scenario], collected: Collected, kinds: dict[str, str], ours: str) -> dict[str, Any]:
    by_name = {scenario.name: scenario for scenario in scenarios}
    result: dict[str, Any] = {}
    for scenario in scenarios:
        rival = by_name.get(scenario.compared_with or scenario.name)
        mine = collected.get(scenario.name, {}).get(ours)
        if mine is None or rival is None:
            continue
        others = {name: series for name, series in collected.get(rival.name, {}).items() if name != ours}
        if not others:
            continue

        def one(extra: str | None) -> dict[str, Any]:
            return compare(values_of(scenario, mine, extra),
                           {name: values_of(rival, series, extra) for name, series in others.items()},
                           kinds, scenario.better == "higher", scenario.times > 1)

        result[scenario.name] = {**one(None), "extra": {name: one(name) for name in RATIO_EXTRA.get(scenario.name, ())}}
    return result
