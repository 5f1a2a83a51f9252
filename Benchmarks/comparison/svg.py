"""A drawing: elements, text that is escaped, and one style sheet that follows the reader's light or dark mode."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"

# Blue, amber and slate stay apart for people who see fewer colours, too, and in print by their lightness.
# Letters need more contrast than areas do, so each has a shade of its own for text.
LIGHT = {
    "paper": "#ffffff", "frame": "#d1d9e0", "ink": "#1f2328", "muted": "#59636e", "grid": "#e6eaef",
    "axis": "#b5bfc9", "whisker": "#1f2328", "missing": "#818b98",
    "ours": "#1f6feb", "tls": "#e8961e", "websocket": "#8c96a3",
    "ours-ink": "#0a53be", "tls-ink": "#995400", "websocket-ink": "#59636e",
}
DARK = {
    "paper": "#0d1117", "frame": "#3d444d", "ink": "#f0f6fc", "muted": "#9198a1", "grid": "#21262d",
    "axis": "#4a525c", "whisker": "#f0f6fc", "missing": "#7d8590",
    "ours": "#388bfd", "tls": "#d98a1a", "websocket": "#6e7884",
    "ours-ink": "#79c0ff", "tls-ink": "#e3a64a", "websocket-ink": "#a5afbb",
}


def _rules(shades: dict[str, str]) -> str:
    rules = [
        f".paper{{fill:{shades['paper']};stroke:{shades['frame']}}}",
        f"text{{fill:{shades['ink']}}}",
        f".muted{{fill:{shades['muted']}}}",
        f".missing{{fill:{shades['missing']}}}",
        f".grid{{stroke:{shades['grid']}}}",
        f".axis{{stroke:{shades['axis']}}}",
        f".whisker{{stroke:{shades['whisker']}}}",
        # Words that cross a line of the grid keep a margin of paper around them.
        f".over{{stroke:{shades['paper']};stroke-width:4px;stroke-linejoin:round;paint-order:stroke}}",
        f".cut{{stroke:{shades['paper']}}}",
    ]
    for kind in ("ours", "tls", "websocket"):
        rules.append(f".{kind}{{fill:{shades[kind]}}}")
        rules.append(f".{kind}-line{{stroke:{shades[kind]}}}")
        rules.append(f".{kind}-ink{{fill:{shades[kind + '-ink']}}}")
        rules.append(f".{kind}-mark{{fill:{shades[kind]};stroke:{shades['paper']}}}")
    return "".join(rules)


STYLE = (
    f"text{{font-family:{FONT};font-size:12px}}"
    ".title{font-size:17px;font-weight:600}.panel{font-size:13px;font-weight:600}.strong{font-weight:600}"
    ".small{font-size:11px}.numbers{font-variant-numeric:tabular-nums}.plain{font-weight:400;font-size:12px}"
    ".middle{text-anchor:middle}.end{text-anchor:end}.paper{stroke-width:1}"
    ".grid,.axis{stroke-width:1;shape-rendering:crispEdges}"
    ".whisker{stroke-width:1.25;opacity:.75;fill:none}"
    ".line{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}.line.strong{stroke-width:3}"
    ".leader{fill:none;stroke-width:1;opacity:.55}"
    f"{_rules(LIGHT)}@media(prefers-color-scheme:dark){{{_rules(DARK)}}}"
)

# Widths of letters in thousandths of the font's size, as in Helvetica; common system fonts come close.
_WIDTHS = {
    width: letters
    for width, letters in (
        (222, "ijl'|"),
        (278, " tfIr.,:;/!()[]"),
        (350, "-*\"{}"),
        (500, "cksvxyzJ"),
        (556, "abdeghnopqu0123456789_LTFZ–?µ"),
        (610, "~+<>=×÷"),
        (667, "ABEKPSVXY&"),
        (722, "wCDHNRU"),
        (778, "GOQ"),
        (833, "mMW%…"),
        (1000, "@—"),
    )
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


def text_width(words: str, font_size: float = 12, strong: bool = False) -> float:
    """About how wide `words` come out, a little too much rather than too little."""
    units = sum(_WIDTH_OF.get(letter, 667) for letter in words) / 1000
    return units * font_size * (1.1 if strong else 1.04)


def shortened(words: str, width: float, font_size: float = 12) -> str:
    """`words`, cut with an ellipsis where they would not fit into `width`."""
    if text_width(words, font_size) <= width:
        return words
    while words and text_width(words + "…", font_size) > width:
        words = words[:-1]
    return words.rstrip(" ,.;:(") + "…"


def _round(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


class Drawing:
    """An SVG under construction. It has a title and a description for those who cannot see it."""

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width, self.height = width, height
        self.title, self.description = title, description
        self._parts: list[str] = []

    def element(self, name: str, content: str | None = None, **attributes: object) -> None:
        """Any element; `style_class` becomes `class`, underscores become hyphens, numbers are rounded."""
        words = []
        for key, value in attributes.items():
            if value is None:
                continue
            key = "class" if key == "style_class" else key.replace("_", "-")
            words.append(f"{key}={quoteattr(_round(value) if isinstance(value, (int, float)) else str(value))}")
        start = " ".join([name, *words])
        self._parts.append(f"<{start}/>" if content is None else f"<{start}>{content}</{name}>")

    def text(self, x: float, y: float, words: str, style_class: str | None = None, tip: str | None = None) -> None:
        """Words whose baseline is at `y`; `tip` is told by browsers that are asked for more."""
        more = f"<title>{escape(tip)}</title>" if tip else ""
        self.element("text", escape(words) + more, x=x, y=y, style_class=style_class)

    def heading(self, x: float, y: float, words: str, unit: str) -> None:
        """A panel's title with its unit behind it."""
        more = f'<tspan class="muted plain" dx="8">{escape(unit)}</tspan>' if unit else ""
        self.element("text", escape(words) + more, x=x, y=y, style_class="panel")

    def line(self, x1: float, y1: float, x2: float, y2: float, style_class: str) -> None:
        """A straight line. Lines of the grid sit on half pixels, so that they come out sharp."""
        self.element("path", d=f"M{_round(x1)} {_round(y1)}L{_round(x2)} {_round(y2)}", style_class=style_class)

    def path(self, steps: str, style_class: str, **attributes: object) -> None:
        """A path from its commands."""
        self.element("path", None, d=steps, style_class=style_class, **attributes)

    def bar(self, x: float, y: float, width: float, height: float, style_class: str) -> None:
        """A bar that grows to the right: straight where it starts, rounded where it ends."""
        width = max(width, 1.0)
        radius = min(3.0, width, height / 2)
        steps = (
            f"M{_round(x)} {_round(y)}h{_round(width - radius)}a{_round(radius)} {_round(radius)} 0 0 1 "
            f"{_round(radius)} {_round(radius)}v{_round(height - 2 * radius)}a{_round(radius)} {_round(radius)} 0 0 1 "
            f"{_round(-radius)} {_round(radius)}h{_round(radius - width)}z"
        )
        self.path(steps, style_class)

    def render(self) -> str:
        """The whole file."""
        size = f"{_round(self.width)} {_round(self.height)}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_round(self.width)}" '
            f'height="{_round(self.height)}" role="img" aria-labelledby="title description">'
        )
        paper = (
            f'<rect class="paper" x="0.5" y="0.5" width="{_round(self.width - 1)}" '
            f'height="{_round(self.height - 1)}" rx="8"/>'
        )
        lines = [
            head,
            f'<title id="title">{escape(self.title)}</title>',
            f'<desc id="description">{escape(self.description)}</desc>',
            f"<style>{STYLE}</style>",
            paper,
            *self._parts,
            "</svg>",
        ]
        return "\n".join(lines) + "\n"
