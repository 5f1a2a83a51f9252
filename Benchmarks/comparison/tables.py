"""Tables in Markdown, one for each section of the results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Sequence

from . import figures
from .reading import Best, Figure, Peer, Results, Scenario


@dataclass(frozen=True)
class Measure:
    """A column: the main number of a scenario, or one of its extra numbers."""

    scenario: Scenario
    extra: str | None = None

    @property
    def unit(self) -> str:
        """The unit of the numbers in the column."""
        return self.scenario.unit if self.extra is None else self.scenario.extra[self.extra].get("unit", "")

    @property
    def title(self) -> str:
        """What stands above the column."""
        if self.extra is None:
            return self.scenario.title
        return f"{self.scenario.title}, {self.scenario.extra[self.extra].get('title', self.extra)}"


def cell(words: object) -> str:
    """Words that don't end a cell or a row of a table."""
    return str(words).replace("|", "\\|").replace("\n", " ").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> list[str]:
    """Lines of a table; `align` has a letter for each column: `l` or `r`."""
    rule = ["---:" if letter == "r" else "---" for letter in align]
    lines = ["| " + " | ".join(map(cell, head)) + " |", "|" + "|".join(rule) + "|"]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    return lines


def with_spread(figure: Figure | None) -> str:
    """A number with its range, and with a mark where runs failed."""
    if figure is None:
        return figures.ABSENT
    if figure.median is None:
        return "failed †" if figure.failed else figures.ABSENT
    words = figures.spread(figure.median, figure.least, figure.most)
    marks = (" †" if figure.failed else "") + (" ‡" if figure.note else "")
    return words + marks


def section_table(
    results: Results, measures: Sequence[Measure], corner: str = "", heads: Sequence[str] | None = None
) -> list[str]:
    """Peers below each other, measures beside each other; the ratios of Secure Proxy to the best at the end."""
    titles = heads or [f"{measure.title}, {measure.unit}" for measure in measures]
    rows = []
    for peer in _ordered(results, measures):
        figures_here = [_own(results, measure, peer) for measure in measures]
        if all(figure is None for figure in figures_here):
            continue
        name = f"**{peer.title}**" if peer.kind == "ours" else peer.title
        rows.append([name, *map(with_spread, figures_here)])
    for kind, words in (("tls", "÷ best TLS-only yardstick"), ("websocket", "÷ best WebSocket peer")):
        found = [results.best(measure.scenario.name, kind, measure.extra) for measure in measures]
        if any(found):
            rows.append(_ratios(results, f"Secure Proxy {words}", found))
    return table([corner, *titles], rows, "l" + "r" * len(measures))


def _ratios(results: Results, words: str, found: Sequence[Best | None]) -> list[str]:
    """A row of ratios. Whom they were measured against is said once, if it is always the same."""
    names = {results.title(best.peer) for best in found if best}
    if len(names) == 1:
        return [f"*{words} ({names.pop()})*", *(_bold(best) for best in found)]
    return [f"*{words}*", *(f"{_bold(best)} ({results.title(best.peer)})" if best else _bold(best) for best in found)]


def _bold(best: Best | None) -> str:
    return f"**{figures.ratio(best.ratio)}**" if best else figures.ABSENT


def _own(results: Results, measure: Measure, peer: Peer) -> Figure | None:
    """A number of this very scenario: what it is compared with has a column of its own."""
    return results.figure(measure.scenario.name, peer.name, measure.extra)


def _ordered(results: Results, measures: Sequence[Measure]) -> list[Peer]:
    """Ours, then yardsticks, then WebSocket peers; each kind by what it needed for the first measure."""
    kinds = ["ours", "tls", "websocket"]

    def rank(peer: Peer) -> tuple[int, bool, float]:
        figure = _own(results, measures[0], peer)
        median = figure.median if figure else None
        sign = -1 if measures[0].scenario.higher_is_better else 1
        return kinds.index(peer.kind), median is None, sign * (median or 0.0)

    return sorted((peer for peer in results.peers.values() if peer.available), key=rank)


def footnotes(results: Results, measures: Sequence[Measure]) -> list[str]:
    """What the marks in a table mean: which runs failed, what was different for whom."""
    lines = []
    for scenario in dict.fromkeys(measure.scenario.name for measure in measures):
        for peer in results.peers.values():
            figure = results.figure(scenario, peer.name)
            if figure is None or not peer.available:
                continue
            where = f"{peer.title}, {results.scenarios[scenario].title}"
            reason = (figure.reason or "no reason is known").rstrip(".")
            if figure.failed:
                tried = figure.failed + figure.rounds
                lines.append(f"- † {where}: {figure.failed} of {tried} runs failed ({reason}).")
            elif figure.median is None:
                lines.append(f"- {where}: not measured ({reason}).")
            if figure.note:
                lines.append(f"- ‡ {where}: {figure.note.rstrip('.')}.")
    return lines


def verdict(results: Results) -> str:
    """How many of the demands are met, in a sentence; the table names them. Empty where there are none."""
    targets = results.data.get("targets") or []
    if not targets:
        return ""
    met = sum(1 for target in targets if target.get("met") is True)
    missed = sum(1 for target in targets if target.get("met") is False)
    words = f"Of {len(targets)} demands, {met} {'is' if met == 1 else 'are'} met and {missed} not"
    unknown = len(targets) - met - missed
    return words + (f"; {unknown} could not be measured in this run." if unknown else ".")


def _demand(target: dict[str, Any]) -> str:
    limit, unit = target.get("limit"), target.get("unit") or ""
    if limit is None:
        return figures.ABSENT
    # Limits are round numbers, and are written as they were demanded.
    words = f"{limit:.2f}" if unit in ("ratio", "share") else f"{limit:g} {unit}"
    return f"{target.get('sense', '')} {words}".strip()


def _measured(target: dict[str, Any]) -> str:
    values = [value for value in target.get("values") or [] if value is not None]
    return figures.spread(target.get("measured"), min(values, default=None), max(values, default=None))


def targets_table(results: Results) -> list[str]:
    """What is demanded, what was measured, and whether it is met: also where it isn't."""
    rows = []
    for target in results.data.get("targets") or []:
        met = {True: "yes", False: "**no**"}.get(target.get("met"), "not measured")
        details = [f"against {results.title(target['against'])}"] if target.get("against") else []
        details += [target["note"]] if target.get("note") else []
        rows.append([target.get("line", ""), _demand(target), _measured(target), met, "; ".join(details)])
    return table(["demand", "wanted", "measured (lowest–highest round)", "met", "notes"], rows, "lrrll")


def headline_measures(results: Results) -> list[Measure]:
    """What a short table shows: costs, memory, latency; further numbers only where a ratio is reported."""
    measures = []
    for scenario in results.of_section("cost", "memory", "latency"):
        measures += with_demanded(results, scenario)
    return measures


def with_demanded(results: Results, scenario: Scenario) -> list[Measure]:
    """The main number, and those extra numbers that a demand is about."""
    extras = (results.data.get("ratios", {}).get(scenario.name) or {}).get("extra") or {}
    return [Measure(scenario), *(Measure(scenario, extra) for extra in scenario.extra if extra in extras)]


def headline_table(results: Results) -> list[str]:
    """A row for each measure: ours, the best of each kind, and the ratios."""
    head = ["", "Secure Proxy", "best TLS-only yardstick", "ratio", "best WebSocket peer", "ratio"]
    rows = []
    ours = next((peer.name for peer in results.peers.values() if peer.kind == "ours"), "")
    for measure in headline_measures(results):
        own = results.figure(measure.scenario.name, ours, measure.extra)
        if own is None or own.median is None:
            continue
        row = [measure.title, f"{figures.number(own.median)} {measure.unit}"]
        for kind in ("tls", "websocket"):
            best = results.best(measure.scenario.name, kind, measure.extra)
            other = results.compared(measure.scenario, best.peer, measure.extra) if best and best.peer else None
            median = other.median if other else None
            row.append(f"{figures.number(median)} ({results.title(best.peer)})" if best and median else figures.ABSENT)
            row.append(_bold(best))
        rows.append(row)
    return table(head, rows, "lrrrrr")


def peers_table(results: Results) -> list[str]:
    """Who was measured, in which version, from where."""
    kinds = {"ours": "WebSocket and token", "tls": "TLS only", "websocket": "WebSocket, no token"}
    rows = [
        [peer.title, kinds[peer.kind], peer.version or figures.ABSENT, peer.source]
        for peer in results.peers.values()
        if peer.available
    ]
    return table(["program", "what it does", "version", "source"], rows, "llll")
