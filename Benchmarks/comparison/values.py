"""Takes numbers out of the generator's reports."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

Report = dict[str, Any]
Values = Sequence[float | None]


def at(path: str) -> Callable[[Report], float | None]:
    """The number at `a.b.c`; None where it isn't known."""
    names = path.split(".")

    def take(report: Report) -> float | None:
        value: Any = report
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    return take


def memory(step: str) -> Callable[[Report], float | None]:
    """What a step of `idle` has left of its growth, for each tunnel: see `add_memory`."""
    return at(f"proxy.memory.{step}.KiB_per_tunnel")


def add_memory(report: Report, shares_pages: bool) -> None:
    """Gives each step of `idle` its growth per tunnel, by resident memory or by the processes' share of it."""
    steps = report.get("proxy", {}).get("memory", {})
    name = "proportional_KiB" if shares_pages else "resident_KiB"
    before, tunnels = at(f"before.{name}")(steps), at("options.tunnels")(report)
    for step in ("opened", "after_messages", "left"):
        value = at(f"{step}.{name}")(steps)
        if value is not None and before is not None and tunnels:
            steps[step]["KiB_per_tunnel"] = (value - before) / tunnels


def kept_share(report: Report) -> float | None:
    """What remains when all have left, of what it had grown to with all of them there."""
    opened, left = memory("opened")(report), memory("left")(report)
    return left / opened if opened is not None and left is not None and opened > 0 else None


def spread(values: Values) -> dict[str, Any]:
    """Values by round with their median, least and most; of those that are known."""
    known = [value for value in values if value is not None]
    return {"values": list(values), "median": statistics.median(known) if known else None,
            "min": min(known) if known else None, "max": max(known) if known else None}


def divided(ours: Values, others: Values) -> list[float | None]:
    """Round by round; None where either is missing."""
    return [a / b if a is not None and b else None for a, b in zip(ours, others)]


def best_of_round(values: dict[str, Values], rounds: int, higher_is_better: bool) -> list[tuple[str, float] | None]:
    """Who was best in each round, and how good."""
    choose = max if higher_is_better else min
    found: list[tuple[str, float] | None] = []
    for index in range(rounds):
        known = [(name, series[index]) for name, series in values.items()
                 if index < len(series) and series[index] is not None]
        found.append(choose(known, key=lambda pair: pair[1]) if known else None)  # type: ignore[arg-type, return-value]
    return found
