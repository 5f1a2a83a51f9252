"""Charts of lines: how a cost grows with tunnels or sizes. Names stand at the lines' ends, where the eye arrives."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Callable, Sequence

from . import figures
from .bars import EDGE, KIND_NAMES, draw_heading, draw_legend
from .svg import Drawing, shortened, text_width

# Lines of one colour are told apart by their dashes, besides by the name at their end.
DASHES = (None, "7 4", "2 4", "10 4 2 4", "4 3", "12 5")
NAME_GAP = 15
PANEL_TITLE = 26
PANEL_FOOT = 44


@dataclass(frozen=True)
class Point:
    """One place on a line, with the lowest and the highest run around it."""

    x: float
    y: float
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Series:
    """One proxy's line."""

    label: str
    kind: str
    points: Sequence[Point]


@dataclass(frozen=True)
class LinePanel:
    """One thing that was measured over another."""

    title: str
    unit: str
    x_name: str
    series: Sequence[Series]
    x_shown: Callable[[float], str] = field(default=figures.short_count)
    y_shown: Callable[[float], str] = field(default=figures.number)
    log_x: bool = True
    # Logarithmic where the lines lie so far apart that the lower ones could not be read otherwise.
    log_y: bool | None = None


@dataclass(frozen=True)
class _Axis:
    """Where values lie on the paper."""

    start: float
    end: float
    least: float
    most: float
    log: bool

    def place(self, value: float) -> float:
        """The coordinate of `value`."""
        if self.most == self.least:
            return (self.start + self.end) / 2
        if self.log:
            share = math.log(max(value, self.least) / self.least) / math.log(self.most / self.least)
        else:
            share = (value - self.least) / (self.most - self.least)
        return self.start + share * (self.end - self.start)


def apart(places: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Moves places as little as needed, so that each is `gap` from the next and all are between top and bottom."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    groups: list[list[float]] = []  # [sum of wanted places of the first member, members]
    for rank, index in enumerate(order):
        groups.append([places[index], 1])
        while len(groups) > 1:
            (above_sum, above), (below_sum, below) = groups[-2], groups[-1]
            above_middle, below_middle = above_sum / above, below_sum / below
            if below_middle - above_middle >= gap * (above + below) / 2:
                break
            groups[-2:] = [[above_sum + below_sum, above + below]]
    result, position, previous = [0.0] * len(places), 0, top - gap
    for wanted, members in groups:
        first = max(wanted / members - gap * (members - 1) / 2, previous + gap)
        for _ in range(int(members)):
            result[order[position]] = previous = first
            first, position = first + gap, position + 1
    limit = bottom
    for index in reversed(order):
        result[index] = min(result[index], limit)
        limit = result[index] - gap
    return result


def _axes(panel: LinePanel, left: float, right: float, top: float, bottom: float) -> tuple[_Axis, _Axis, list[float]]:
    points = [point for series in panel.series for point in series.points]
    xs = [point.x for point in points]
    highs = [max(point.y, point.most or point.y) for point in points]
    lows = [min(point.y, point.least if point.least is not None else point.y) for point in points]
    log_y = panel.log_y
    if log_y is None:
        log_y = min(lows) > 0 and max(highs) / min(lows) > 6
    ticks = figures.log_ticks(min(lows), max(highs)) if log_y else figures.nice_ticks(max(highs), 5)
    across = _Axis(left, right, min(xs), max(xs), panel.log_x and min(xs) > 0)
    up = _Axis(bottom, top, ticks[0], ticks[-1], log_y)
    return across, up, ticks


def _draw_axes(
    drawing: Drawing, panel: LinePanel, across: _Axis, up: _Axis, ticks: Sequence[float], edge: float
) -> None:
    for tick in ticks:
        y = round(up.place(tick)) + 0.5
        drawing.line(edge, y, across.end + 10, y, "axis" if tick == ticks[0] else "grid")
        drawing.text(edge - 8, y + 4, figures.short_count(tick), "small muted end numbers")
    bottom = round(up.start) + 0.5
    free = -math.inf
    for x in sorted({point.x for series in panel.series for point in series.points}):
        place = across.place(x)
        drawing.line(round(place) + 0.5, bottom, round(place) + 0.5, bottom + 4, "axis")
        words = panel.x_shown(x)
        half = text_width(words, 11) / 2
        if place - half >= free:
            drawing.text(place, bottom + 18, words, "small muted middle numbers")
            free = place + half + 6
    drawing.text((across.start + across.end) / 2, bottom + 35, panel.x_name, "muted middle")


def _draw_series(
    drawing: Drawing, panel: LinePanel, series: Series, across: _Axis, up: _Axis, dash: str | None
) -> None:
    places = [(across.place(point.x), up.place(point.y)) for point in series.points]
    strong = " strong" if series.kind == "ours" else ""
    for point, (x, _) in zip(series.points, places):
        if point.least is not None and point.most is not None:
            low, high = up.place(point.least), up.place(point.most)
            if low - high > 3:
                drawing.line(x, low, x, high, f"leader {series.kind}-line")
    steps = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places)
    drawing.path(steps, f"line {series.kind}-line{strong}", stroke_dasharray=dash)
    for point, (x, y) in zip(series.points, places):
        tip = f"{series.label}, {panel.x_shown(point.x)}: {panel.y_shown(point.y)}"
        radius = 4.2 if series.kind == "ours" else 3.2
        drawing.element(
            "circle", f"<title>{tip}</title>".replace("&", "&amp;"), cx=x, cy=y, r=radius,
            style_class=f"{series.kind}-mark",
        )


def _draw_panel(drawing: Drawing, panel: LinePanel, left: float, top: float, width: float, height: float) -> None:
    end = max(series.points[-1].x for series in panel.series)
    names = [_name(panel, series, end) for series in panel.series]
    wide = max(text_width(name, strong=series.kind == "ours") for name, series in zip(names, panel.series))
    wide = min(wide + 30, width * 0.42)
    edge, right = left + 36, left + width - wide
    first, bottom = top + PANEL_TITLE, top + height - PANEL_FOOT
    across, up, ticks = _axes(panel, edge + 14, right, first + 8, bottom)
    drawing.heading(left, top + 12, panel.title, panel.unit + (", logarithmic" if up.log else ""))
    _draw_axes(drawing, panel, across, up, ticks, edge)
    # Ours is drawn last, and so lies on top of the others.
    turn: dict[str, int] = {}
    drawn = []
    for series in sorted(panel.series, key=lambda series: list(KIND_NAMES).index(series.kind), reverse=True):
        nth = turn[series.kind] = turn.get(series.kind, -1) + 1
        drawn.append((series, DASHES[nth % len(DASHES)]))
    for series, dash in drawn:
        _draw_series(drawing, panel, series, across, up, dash)
    ends = [up.place(series.points[-1].y) for series in panel.series]
    for series, name, height_there, place in zip(panel.series, names, ends, apart(ends, NAME_GAP, first, bottom + 4)):
        x = across.place(series.points[-1].x)
        steps = f"M{x + 6:.2f} {height_there:.2f}L{right + 20:.2f} {place:.2f}"
        # Where a line ends early, dots lead to its name, so that nobody takes them for the line.
        dots = "1 4" if series.points[-1].x < end else None
        drawing.path(steps, f"leader {series.kind}-line", stroke_dasharray=dots)
        strong = " strong" if series.kind == "ours" else ""
        drawing.text(right + 24, place + 4, shortened(name, wide - 14), f"numbers over {series.kind}-ink{strong}")


def _name(panel: LinePanel, series: Series, end: float) -> str:
    """What stands at a line's end: whose it is, its last value, and where that is if others go on."""
    last = series.points[-1]
    where = f" at {panel.x_shown(last.x)}" if last.x < end else ""
    return f"{series.label} {panel.y_shown(last.y)}{where}"


def line_chart(
    title: str, subtitle: str, panels: Sequence[LinePanel], columns: int = 1, width: float = 880,
    panel_height: float = 320,
) -> Drawing:
    """All panels in one drawing, row by row in as many columns as asked for."""
    panels = [panel for panel in panels if panel.series]
    columns = max(1, min(columns, len(panels)))
    rows = [panels[index : index + columns] for index in range(0, len(panels), columns)]
    gap, top = 28, 108.0
    most = max((len(panel.series) for panel in panels), default=0)
    tall = max(panel_height, PANEL_TITLE + PANEL_FOOT + NAME_GAP * (most + 1))
    drawing = Drawing(width, top + (tall + 18) * len(rows) - 14, title, _described(subtitle, panels))
    draw_heading(drawing, title, subtitle)
    present = {series.kind for panel in panels for series in panel.series}
    draw_legend(drawing, EDGE, 82, [kind for kind in KIND_NAMES if kind in present], line=True)
    across = (width - 2 * EDGE - gap * (columns - 1)) / columns
    for row in rows:
        for column, panel in enumerate(row):
            _draw_panel(drawing, panel, EDGE + column * (across + gap), top, across, tall)
        top += tall + 18
    return drawing


def _described(subtitle: str, panels: Sequence[LinePanel]) -> str:
    """All values in words, for readers who have no picture."""
    words = [subtitle + "."]
    for panel in panels:
        lines = [
            series.label + " " + ", ".join(f"{panel.x_shown(p.x)}: {panel.y_shown(p.y)}" for p in series.points)
            for series in panel.series
        ]
        words.append(f"{panel.title}, {panel.unit}: {'; '.join(lines)}.")
    return " ".join(words)
