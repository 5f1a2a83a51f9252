"""Charts of lying bars: one panel for each thing that was measured, a bar for each proxy, the best on top."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Sequence

from . import figures
from .svg import Drawing, shortened, text_width

KIND_NAMES = {
    "ours": "Secure Proxy",
    "tls": "TLS only, no WebSocket, no token",
    "websocket": "WebSocket, no token check",
}

EDGE = 24
GAP = 36
ROW = 25
THICK = 15
PANEL_TITLE = 22
PANEL_FOOT = 30
# A bar longer than this many times the shortest is cut, as it would press all others against the axis.
CUT = 8.0


@dataclass(frozen=True)
class Bar:
    """What one proxy needed. Without a value, `note` says why there is none; with one, it stands behind it."""

    label: str
    kind: str
    value: float | None
    least: float | None = None
    most: float | None = None
    note: str = ""


@dataclass(frozen=True)
class BarPanel:
    """One thing that was measured."""

    title: str
    unit: str
    bars: Sequence[Bar]
    shown: Callable[[float], str] = field(default=figures.number)
    # "least": the least on top; "most": the most on top; "given": as they come.
    order: str = "least"


def _extent(panel: BarPanel) -> float:
    """How far the axis has to go: to the longest bar that is not cut."""
    values = [bar.value for bar in panel.bars if bar.value is not None]
    if not values or max(values) <= 0:
        return 1.0
    limit = CUT * min(value for value in values if value > 0) if panel.order == "least" else max(values)
    return max(max(bar.value, bar.most or 0) for bar in panel.bars if bar.value is not None and bar.value <= limit)


def _ordered(panel: BarPanel) -> list[Bar]:
    """The best on top; what could not be measured last."""
    if panel.order == "given":
        return list(panel.bars)
    sign = -1 if panel.order == "most" else 1
    return sorted(panel.bars, key=lambda bar: (bar.value is None, sign * (bar.value or 0.0)))


def draw_legend(drawing: Drawing, x: float, y: float, kinds: Sequence[str], line: bool = False) -> float:
    """Says which colour is what; returns where it ends."""
    for kind in kinds:
        if line:
            drawing.line(x + 1, y - 4, x + 18, y - 4, f"line strong {kind}-line")
        else:
            drawing.element("rect", x=x, y=y - 10, width=12, height=12, rx=2.5, style_class=kind)
        x += 24 if line else 18
        drawing.text(x, y, KIND_NAMES[kind], "muted")
        x += text_width(KIND_NAMES[kind]) + 18
    return x


def draw_heading(drawing: Drawing, title: str, subtitle: str) -> None:
    """Title and subtitle, at the same places in each chart."""
    drawing.text(EDGE, 36, title, "title")
    drawing.text(EDGE, 57, shortened(subtitle, drawing.width - 2 * EDGE), "muted")


def _panel_height(panel: BarPanel) -> float:
    return PANEL_TITLE + ROW * len(panel.bars) + PANEL_FOOT


def _whisker(drawing: Drawing, left: float, scale: float, bar: Bar, middle: float, limit: float) -> float:
    """Draws from the lowest run to the highest; returns where the ink ends."""
    if bar.value is None or bar.least is None or bar.most is None:
        return 0.0
    start, end = left + bar.least * scale, min(left + bar.most * scale, limit)
    if end - start < 1.5:
        return end
    steps = f"M{start:.2f} {middle:.2f}H{end:.2f}M{start:.2f} {middle - 3.5:.2f}v7M{end:.2f} {middle - 3.5:.2f}v7"
    drawing.path(steps, "whisker")
    return end


def _cut_mark(drawing: Drawing, x: float, top: float) -> None:
    """Two slanted strokes of paper across a bar that goes on further than is drawn."""
    for shift in (0.0, 7.0):
        drawing.path(
            f"M{x + shift:.2f} {top + THICK + 1.5:.2f}l4 {-THICK - 3:.2f}", "cut", stroke_width=2.5, fill="none"
        )


def _draw_panel(drawing: Drawing, panel: BarPanel, left: float, top: float, width: float) -> None:
    labels = max(text_width(bar.label, strong=bar.kind == "ours") for bar in panel.bars) + 10
    labels = min(labels, width * 0.45)
    shown = [_words(panel, bar) for bar in panel.bars if bar.value is not None]
    room = max((text_width(words, strong=True) for words in shown), default=0) + 14
    start, span = left + labels, width - labels - room
    extent = _extent(panel)
    ticks = figures.nice_ticks(extent, max(2, int(span / 50)))
    # The axis ends with the longest bar if the last tick lies far behind it.
    ticks = [tick for tick in ticks if tick <= extent * 1.001] or ticks[:1]
    scale = span / extent

    drawing.heading(left, top + 12, panel.title, panel.unit)
    first, last = top + PANEL_TITLE, top + PANEL_TITLE + ROW * len(panel.bars)
    for tick in ticks:
        x = round(start + tick * scale) + 0.5
        drawing.line(x, first, x, last + 3, "axis" if tick == 0 else "grid")
        drawing.text(x, last + 17, figures.short_count(tick), "small muted middle numbers")

    for index, bar in enumerate(_ordered(panel)):
        y = first + ROW * index
        middle = y + ROW / 2
        label_class = "end strong" if bar.kind == "ours" else "end"
        drawing.text(start - 8, middle + 4, shortened(bar.label, labels - 8), label_class)
        if bar.value is None:
            words = shortened(bar.note or "not measured", span + room - 8, 11)
            drawing.text(start + 8, middle + 4, words, "missing small over", bar.note)
            continue
        end = start + min(bar.value, extent) * scale
        drawing.bar(start + 1, middle - THICK / 2, end - start - 1, THICK, bar.kind)
        inked = _whisker(drawing, start, scale, bar, middle, start + span) if bar.value <= extent else 0.0
        if bar.value > extent:
            _cut_mark(drawing, end - 26, middle - THICK / 2)
        value_class = f"numbers over {bar.kind}-ink" + (" strong" if bar.kind == "ours" else "")
        drawing.text(max(end, inked) + 7, middle + 4, _words(panel, bar), value_class)


def _words(panel: BarPanel, bar: Bar) -> str:
    """What stands at a bar's end."""
    return " ".join(filter(None, [panel.shown(bar.value or 0.0), bar.note]))


def bar_chart(title: str, subtitle: str, panels: Sequence[BarPanel], columns: int = 1, width: float = 880) -> Drawing:
    """All panels in one drawing, row by row in as many columns as asked for."""
    panels = [panel for panel in panels if panel.bars]
    columns = max(1, min(columns, len(panels)))
    rows = [panels[index : index + columns] for index in range(0, len(panels), columns)]
    heights = [max(_panel_height(panel) for panel in row) for row in rows]
    top = 108.0
    height = top + sum(heights) + 14 * (len(rows) - 1) + 8
    drawing = Drawing(width, height, title, _described(subtitle, panels))
    draw_heading(drawing, title, subtitle)
    present = {bar.kind for panel in panels for bar in panel.bars}
    end = draw_legend(drawing, EDGE, 82, [kind for kind in KIND_NAMES if kind in present])
    drawing.path(f"M{end} 78h18M{end} 74.5v7M{end + 18} 74.5v7", "whisker")
    drawing.text(end + 24, 82, "lowest to highest run", "muted")
    across = (width - 2 * EDGE - GAP * (columns - 1)) / columns
    for row, row_height in zip(rows, heights):
        for column, panel in enumerate(row):
            _draw_panel(drawing, panel, EDGE + column * (across + GAP), top, across)
        top += row_height + 14
    return drawing


def _described(subtitle: str, panels: Sequence[BarPanel]) -> str:
    """All values in words, for readers who have no picture."""
    words = [subtitle + "."]
    for panel in panels:
        values = [
            f"{bar.label} {panel.shown(bar.value) if bar.value is not None else 'not measured'}"
            for bar in _ordered(panel)
        ]
        words.append(f"{panel.title}, {panel.unit}: {', '.join(values)}.")
    return " ".join(words)
