"""What was measured against what it may be at most: ceilings.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("ceilings.json")


@dataclass(frozen=True)
class Measure:
    """One number that is held against a ceiling."""

    quantity: str
    scenario: str
    unit: str
    value: float
    # How much more than what was measured is still well: a share of it, and an amount.
    margin: float
    slack: float = 0.0

    @property
    def ceiling(self) -> float:
        """The ceiling that this measurement gives."""
        value = self.value * (1 + self.margin) + self.slack
        return round(value) if value >= 1_000 else round(value, 3)


@dataclass(frozen=True)
class Verdict:
    """A measurement beside its ceiling; None where there is none yet."""

    measure: Measure
    measured_then: float | None
    ceiling: float | None

    @property
    def is_above(self) -> bool:
        """Whether it costs too much."""
        return self.ceiling is not None and self.measure.value > self.ceiling

    @property
    def is_far_below(self) -> bool:
        """Whether the ceiling would let a good part of what was gained be lost again."""
        if self.ceiling is None:
            return False
        return self.measure.ceiling < self.ceiling * (1 - self.measure.margin) - self.measure.slack

    def words(self) -> str:
        """One line of the table."""
        one = self.measure
        ceiling = "none yet" if self.ceiling is None else f"{self.ceiling:,.10g}"
        note = "ABOVE" if self.is_above else "far below" if self.is_far_below else ""
        then = "" if self.measured_then is None else f"{self.measured_then:,.10g}"
        what = f"{one.quantity} per {one.unit}"
        return f"{one.scenario:15} {what:38} {shown(one.value):>13} {then:>13} {ceiling:>13}  {note}".rstrip()


HEADER = f"{'scenario':15} {'what':38} {'measured':>13} {'then':>13} {'ceiling':>13}"


def shown(value: float) -> str:
    """As many digits as mean something."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:,.3f}"


def judge(measures: list[Measure]) -> list[Verdict]:
    """Each measurement beside what the file says of it."""
    known = read().get("ceilings", {})
    verdicts = []
    for measure in measures:
        entry = known.get(measure.quantity, {}).get(measure.scenario, {})
        verdicts.append(Verdict(measure, entry.get("measured"), entry.get("ceiling")))
    return verdicts


def read() -> dict:
    """The file, or nothing where there is none."""
    return json.loads(PATH.read_text()) if PATH.exists() else {}


def update(measures: list[Measure], versions: dict[str, str]) -> None:
    """Makes what was measured the new standard; what was not measured this time stays."""
    ceilings = read().get("ceilings", {})
    for one in measures:
        value = round(one.value) if one.value >= 1_000 else round(one.value, 3)
        entry = {"unit": one.unit, "measured": value, "ceiling": one.ceiling}
        ceilings.setdefault(one.quantity, {})[one.scenario] = entry
    PATH.write_text(json.dumps({"measured_with": versions, "ceilings": ceilings}, indent=2) + "\n")
