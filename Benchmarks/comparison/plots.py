"""Which pictures there are: chosen by the scenarios' names and groups, taking what a run has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from . import figures
from .bars import Bar, BarPanel, bar_chart
from .lines import LinePanel, Point, Series, line_chart
from .reading import Peer, Results, Scenario
from .svg import Drawing


@dataclass(frozen=True)
class Plot:
    """A picture and the file it goes into; `section` says beside which table it stands."""

    file: str
    section: str
    drawing: Drawing


def plots(results: Results) -> list[Plot]:
    """All pictures that can be drawn from the results."""
    found = []
    for file, section, draw in _PLOTS:
        drawing = draw(results)
        if drawing is not None:
            found.append(Plot(file, section, drawing))
    return found


def _bar(results: Results, scenario: Scenario, peer: Peer, extra: str | None) -> Bar | None:
    """A peer's bar; None for one that isn't there at all, or was never asked for this."""
    figure = results.compared(scenario, peer.name, extra)
    if figure is None or not peer.available:
        return None
    if figure.median is None:
        # An extra number may be unknown for a peer; only what was tried and failed is worth a line.
        words = ("failed: " if figure.failed else "not measured: ") + (figure.reason or "")
        return Bar(peer.title, peer.kind, None, note=words) if figure.reason else None
    return Bar(peer.title, peer.kind, figure.median, figure.least, figure.most)


def _panel(results: Results, name: str, extra: str | None = None, title: str | None = None) -> BarPanel | None:
    """One scenario, or one of its extra numbers, with a bar for each peer."""
    scenario = results.scenarios.get(name)
    if scenario is None or (extra is not None and extra not in scenario.extra):
        return None
    bars = [bar for peer in results.peers.values() if (bar := _bar(results, scenario, peer, extra))]
    if all(bar.value is None for bar in bars):
        return None
    unit = scenario.unit if extra is None else scenario.extra[extra].get("unit", "")
    order = "most" if scenario.higher_is_better and extra is None else "least"
    return BarPanel(title or _initial(scenario.title), unit, bars, order=order)


def _initial(words: str) -> str:
    """A title begins with a capital letter where it begins with a letter."""
    return words[:1].upper() + words[1:]


def _bars(
    title: str, subtitle: str, *wanted: tuple[str, str | None, str | None], columns: int = 2
) -> Callable[[Results], Drawing | None]:
    """Draws one panel for each wanted (scenario, extra number, title) that there is."""

    def draw(results: Results) -> Drawing | None:
        panels = [panel for name, extra, words in wanted if (panel := _panel(results, name, extra, words))]
        return bar_chart(title, subtitle + _warning(results), panels, columns) if panels else None

    return draw


def _warning(results: Results) -> str:
    return " – a smoke run, the numbers mean nothing" if results.data.get("quick") else ""


def _series(results: Results, members: list[Scenario], peer: Peer) -> Series | None:
    points = []
    for scenario in members:
        figure = results.figure(scenario.name, peer.name)
        if figure is not None and figure.median is not None and scenario.x is not None:
            points.append(Point(scenario.x, figure.median, figure.least, figure.most))
    return Series(peer.title, peer.kind, points) if points else None


def _curve(
    title: str, subtitle: str, group: str, panel_title: str, x_shown: Callable[[float], str]
) -> Callable[[Results], Drawing | None]:
    """Draws the scenarios of a group over their `x`, with a line for each peer."""

    def draw(results: Results) -> Drawing | None:
        members = results.of_group(group)
        series = [line for peer in results.peers.values() if (line := _series(results, members, peer))]
        if not any(len(line.points) > 1 for line in series):
            return None
        panel = LinePanel(panel_title, members[0].unit, members[0].x_label or "", series, x_shown=x_shown)
        return line_chart(title, subtitle + _warning(results), [panel], panel_height=380)

    return draw


def _workers(results: Results) -> Drawing | None:
    """Throughput with one worker and with more, side by side."""
    panels = []
    for group, title in (("workers-echo", "Echo"), ("workers-upload", "Upload")):
        members, bars = results.of_group(group), []
        for peer in results.peers.values():
            bars += _worker_bars(results, members, peer)
        if any(bar.value is not None for bar in bars):
            panels.append(BarPanel(title, members[0].unit, bars, order="given"))
    subtitle = "Throughput, median of the rounds; more is better" + _warning(results)
    return bar_chart("One worker, two workers", subtitle, panels, 2) if panels else None


def _worker_bars(results: Results, members: list[Scenario], peer: Peer) -> list[Bar]:
    """A peer's bars; behind each but the first stands how many times the first it is."""
    bars: list[Bar] = []
    first = None
    for scenario in members:
        bar = _bar(results, scenario, peer, None)
        if bar is None or scenario.x is None:
            continue
        note = bar.note
        if bar.value is not None and first:
            note = f"(× {figures.ratio(bar.value / first)})"
        first = first or bar.value
        label = f"{peer.title}, {scenario.x:g} worker" + ("s" if scenario.x != 1 else "")
        bars.append(Bar(label, bar.kind, bar.value, bar.least, bar.most, note))
    return bars


_COST = "CPU time of the proxy, everything pinned to one CPU; median of the rounds, less is better"

_PLOTS: list[tuple[str, str, Callable[[Results], Drawing | None]]] = [
    (
        "overview.svg", "overview",
        _bars(
            "What a tunnel costs", "CPU time and memory of the proxy; median of the rounds, less is better",
            ("echo-64", None, None), ("echo-1k", None, None), ("upload", None, None), ("download", None, None),
            ("connect", None, None), ("idle", None, None),
        ),
    ),
    (
        "cost-per-message.svg", "cost",
        _bars(
            "CPU time per message", _COST, ("echo-64", None, None), ("echo-1k", None, None),
            ("echo-one-64", None, None),
        ),
    ),
    ("cost-per-gb.svg", "cost", _bars("CPU time per GB", _COST, ("upload", None, None), ("download", None, None))),
    (
        "cost-per-connection.svg", "cost",
        _bars(
            "CPU time per connection", _COST, ("connect", None, None), ("connect-seen", None, None),
            ("connect-resumed", None, None),
        ),
    ),
    (
        "memory.svg", "memory",
        _bars(
            "Memory per idle tunnel", "Resident memory less that before the first tunnel; less is better",
            ("idle", None, "Tunnels open"), ("idle", "after_messages", "After large messages"),
        ),
    ),
    (
        "latency.svg", "latency",
        _bars(
            "Latency at half load", "From the time a message was due to its last byte's return; less is better",
            ("latency-half", "p50", "p50: half of the messages"),
            ("latency-half", None, "p99: 99 of 100"),
            ("latency-half", "p99_9", "p99.9: 999 of 1,000"),
        ),
    ),
    (
        "system-calls.svg", "calls",
        _bars(
            "System calls per echoed message", "There and back; less is better", ("calls-one", None, None),
            ("calls-many", None, None),
        ),
    ),
    (
        "tunnels.svg", "curve",
        _curve(
            "CPU time per message over the number of tunnels", _COST, "tunnels", "Echo, 64 B", lambda x: f"{x:,.0f}"
        ),
    ),
    (
        "sizes.svg", "curve",
        _curve("CPU time per message over its size", _COST, "sizes", "Echo, 64 tunnels", figures.size),
    ),
    ("scaling.svg", "scaling", _workers),
]
