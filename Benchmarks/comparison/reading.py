"""Reads `results.json`, and answers what tables and plots ask of it. The format is told in RESULTS.md."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
KINDS = ("ours", "tls", "websocket")


class Unreadable(Exception):
    """The results are not there, or not in a format that this program knows."""


@dataclass(frozen=True)
class Figure:
    """One number of one peer in one scenario, over all rounds."""

    median: float | None
    least: float | None
    most: float | None
    rounds: int = 0
    failed: int = 0
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Best:
    """Secure Proxy against the best of a kind: the ratio, and who that was most often."""

    ratio: float
    least: float | None
    most: float | None
    peer: str | None


@dataclass(frozen=True)
class Peer:
    """One program that was measured, or would have been."""

    name: str
    title: str
    kind: str
    version: str | None
    source: str
    available: bool
    reason: str | None
    notes: list[str]
    command: list[str]
    files: dict[str, str]


@dataclass(frozen=True)
class Scenario:
    """One thing that was measured."""

    name: str
    title: str
    what: str
    unit: str
    higher_is_better: bool
    section: str
    group: str | None
    x: float | None
    x_label: str | None
    compared_with: str | None
    pin: str
    rounds: int
    extra: dict[str, dict[str, str]]


class Results:
    """All that one run of the comparison found out."""

    def __init__(self, data: dict[str, Any]) -> None:
        if data.get("format") != FORMAT:
            raise Unreadable(f"results.json has format {data.get('format')!r}, and only {FORMAT} is known")
        self.data = data
        self.peers = {name: _peer(name, entry) for name, entry in data.get("peers", {}).items()}
        self.scenarios = {name: _scenario(name, entry) for name, entry in data.get("scenarios", {}).items()}

    @classmethod
    def read(cls, directory: Path) -> "Results":
        """The results in `directory`."""
        path = directory / "results.json"
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise Unreadable(f"{path} is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise Unreadable(f"{path} holds no object")
        return cls(data)

    def part(self, name: str) -> dict[str, Any]:
        """An object at the top: `machine`, `settings`, `commit`. Empty where there is none."""
        return self.data.get(name) or {}

    def of_section(self, *sections: str) -> list[Scenario]:
        """Scenarios that belong into one table, in their order."""
        return [scenario for scenario in self.scenarios.values() if scenario.section in sections]

    def of_group(self, group: str) -> list[Scenario]:
        """The points of one plot, from the left to the right."""
        members = [scenario for scenario in self.scenarios.values() if scenario.group == group]
        return sorted((scenario for scenario in members if scenario.x is not None), key=lambda each: each.x or 0)

    def figure(self, scenario: str, peer: str, extra: str | None = None) -> Figure | None:
        """A number, or its absence with the reason; None where this was never asked for."""
        entry = self.data.get("summary", {}).get(scenario, {}).get(peer)
        if entry is None:
            return None
        numbers = entry if extra is None else (entry.get("extra") or {}).get(extra) or {}
        values = [value for value in numbers.get("values") or [] if value is not None]
        return Figure(
            median=numbers.get("median"), least=numbers.get("min"), most=numbers.get("max"), rounds=len(values),
            failed=entry.get("failed") or 0, reason=entry.get("reason"), note=entry.get("note"),
        )

    def compared(self, scenario: Scenario, peer: str, extra: str | None = None) -> Figure | None:
        """As `figure`; of the scenario that this one is compared with, where the peer has no number in this one."""
        found = self.figure(scenario.name, peer, extra)
        if (found is None or found.median is None) and scenario.compared_with and self.peers[peer].kind != "ours":
            return self.figure(scenario.compared_with, peer, extra) or found
        return found

    def best(self, scenario: str, kind: str, extra: str | None = None) -> Best | None:
        """Secure Proxy divided by the best `tls` or `websocket` peer of each round."""
        entry = self.data.get("ratios", {}).get(scenario) or {}
        if extra is not None:
            entry = (entry.get("extra") or {}).get(extra) or {}
        found = entry.get(f"best_{kind}")
        if not found or found.get("median") is None:
            return None
        names = Counter(name for name in found.get("peers") or [] if name)
        usual = names.most_common(1)[0][0] if names else None
        return Best(found["median"], found.get("min"), found.get("max"), usual)

    def ratio(self, scenario: str, peer: str, extra: str | None = None) -> float | None:
        """Secure Proxy divided by `peer`: the median of the rounds' ratios."""
        entry = self.data.get("ratios", {}).get(scenario) or {}
        if extra is not None:
            entry = (entry.get("extra") or {}).get(extra) or {}
        return ((entry.get("by_peer") or {}).get(peer) or {}).get("median")

    def title(self, peer: str | None) -> str:
        """A peer's name for readers."""
        return self.peers[peer].title if peer in self.peers else peer or ""


def _peer(name: str, entry: dict[str, Any]) -> Peer:
    kind = entry.get("kind", "websocket")
    if kind not in KINDS:
        raise Unreadable(f"peer {name} is of kind {kind!r}; known are {', '.join(KINDS)}")
    return Peer(
        name=name, title=entry.get("title") or name, kind=kind, version=entry.get("version"),
        source=entry.get("source") or "", available=bool(entry.get("available", True)), reason=entry.get("reason"),
        notes=entry.get("notes") or [], command=entry.get("command") or [], files=entry.get("files") or {},
    )


def _scenario(name: str, entry: dict[str, Any]) -> Scenario:
    return Scenario(
        name=name, title=entry.get("title") or name, what=entry.get("what") or "", unit=entry.get("unit") or "",
        higher_is_better=entry.get("better") == "higher", section=entry.get("section") or "information",
        group=entry.get("group"), x=entry.get("x"), x_label=entry.get("x_label"),
        compared_with=entry.get("compared_with"), pin=entry.get("pin") or "", rounds=entry.get("rounds") or 0,
        extra=entry.get("extra") or {},
    )
