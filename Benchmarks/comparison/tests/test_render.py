"""Page, plots and README block, from results made up of round numbers."""

import contextlib
import copy
import io
import json
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from comparison.page import page
from comparison.plots import plots
from comparison.reading import Results, Unreadable
from comparison.readme_block import BEGIN, END, replaced, short_summary
from comparison.render import main

SVG = "{http://www.w3.org/2000/svg}"


def summarised(*values: float | None) -> dict[str, Any]:
    """As the runner sums up a list of rounds; the median of one or of equal numbers only."""
    known = sorted(value for value in values if value is not None)
    middle = known[len(known) // 2] if known else None
    return {"values": list(values), "median": middle, "min": min(known, default=None), "max": max(known, default=None)}


def entry(*values: float | None, **more: Any) -> dict[str, Any]:
    """One peer's summary in one scenario."""
    return {**summarised(*values), "extra": {}, "failed": 0, "reason": None, "note": None, **more}


def peer(title: str, kind: str, **more: Any) -> dict[str, Any]:
    """One peer that is there."""
    known = {"version": "1", "source": "nowhere", "available": True, "reason": None, "notes": ["Fair | square."]}
    return {"title": title, "kind": kind, **known, "command": [title, "a b"], "files": {"f.conf": "x = 1\n"}, **more}


def scenario(title: str, section: str, **more: Any) -> dict[str, Any]:
    """One scenario about microseconds."""
    known = {"what": "CPU time", "metric": "m", "unit": "µs", "better": "lower", "group": None, "x": None}
    rest: dict[str, Any] = {"x_label": None, "compared_with": None, "pin": "one", "rounds": 1, "extra": {}}
    return {"title": title, **known, "section": section, **rest, **more}


def best(value: float, name: str) -> dict[str, Any]:
    """A ratio to the best."""
    return {**summarised(value), "peers": [name]}


def made_up() -> dict[str, Any]:
    """Results in the runner's format."""
    scenarios = {
        "echo-64": scenario("echo 64 B", "cost", extra={"p99": {"title": "p99 latency", "unit": "µs"}}),
        "connect": scenario("new tunnel", "cost"),
        "connect-seen": scenario("token seen before", "cost", compared_with="connect"),
        "tunnels-10": scenario("10 tunnels", "curve", group="tunnels", x=10, x_label="tunnels"),
        "tunnels-100": scenario("100 tunnels", "curve", group="tunnels", x=100, x_label="tunnels"),
        "workers-echo-1": scenario(
            "one", "scaling", group="workers-echo", x=1, x_label="workers", unit="messages/s", better="higher"
        ),
        "workers-echo-2": scenario(
            "two", "scaling", group="workers-echo", x=2, x_label="workers", unit="messages/s", better="higher"
        ),
    }
    summary = {
        "echo-64": {
            "ours": entry(10, 20, 30, extra={"p99": summarised(100)}),
            "fast": entry(40),
            "broken": entry(None, failed=1, reason="it stopped."),
        },
        "connect": {"ours": entry(100), "fast": entry(200, note="fewer places")},
        "connect-seen": {"ours": entry(50)},
        "tunnels-10": {"ours": entry(10), "fast": entry(40)},
        "tunnels-100": {"ours": entry(10), "fast": entry(40)},
        "workers-echo-1": {"ours": entry(1000)},
        "workers-echo-2": {"ours": entry(2000)},
    }
    ratios = {
        "echo-64": {"best_tls": best(0.5, "fast"), "best_websocket": None, "by_peer": {}, "extra": {}},
        "connect-seen": {"best_tls": best(0.25, "fast"), "best_websocket": None, "by_peer": {}, "extra": {}},
    }
    known = {"sense": "at most", "limit": 0.8, "unit": "ratio", "values": [0.5], "note": None, "against": "fast"}
    targets = [
        {"id": "a", "line": "First demand", "measure": "m", "measured": 0.5, "met": True, **known},
        {"id": "b", "line": "Second demand", "measure": "m", "measured": 0.9, "met": False, **known},
        {"id": "c", "line": "Third demand", "measure": "m", "measured": None, "met": None, **known, "note": "no perf"},
    ]
    return {
        "format": 1, "started": "2000-01-01T00:00:00Z", "finished": "2000-01-01T01:00:00Z", "complete": True,
        "quick": False, "commit": {"hash": "abc", "short": "abc", "changed": False},
        "machine": {"cpu": "A | B", "cpus": 2}, "problems": ["round 1 went astray"], "runs": [],
        "settings": {"rounds": 1, "seconds": 1, "warm_up": 0, "pin": "one", "tls": {"version": "TLSv1.3"}},
        "peers": {
            "ours": peer("Secure Proxy", "ours"), "fast": peer("Fast", "tls"), "broken": peer("Broken", "websocket"),
            "gone": peer("Gone", "websocket", available=False, reason="no such package"),
        },
        "scenarios": scenarios, "summary": summary, "ratios": ratios, "targets": targets,
    }


def page_of(data: dict[str, Any]) -> str:
    """The page of made-up results."""
    results = Results(data)
    return page(results, plots(results))


class Page(unittest.TestCase):
    def test_medians_ranges_and_ratios(self) -> None:
        text = page_of(made_up())
        self.assertIn("| **Secure Proxy** | 20.0 (10.0–30.0) | 100 | 50.0 |", text)
        self.assertIn("| *Secure Proxy ÷ best TLS-only yardstick (Fast)* | **0.50** | – | **0.25** |", text)

    def test_what_failed_is_said(self) -> None:
        text = page_of(made_up())
        self.assertIn("| Broken | failed † |", text)
        self.assertIn("- † Broken, echo 64 B: 1 of 1 runs failed (it stopped).", text)
        self.assertIn("- ‡ Fast, new tunnel: fewer places.", text)
        self.assertIn("- **Gone** (nowhere): no such package", text)
        self.assertIn("- round 1 went astray", text)

    def test_demands_that_are_not_met_are_said(self) -> None:
        text = page_of(made_up())
        self.assertIn("Of 3 demands, 1 is met and 1 not; 1 could not be measured in this run.", text)
        self.assertIn("| Second demand | at most 0.80 | 0.900 | **no** | against Fast |", text)
        self.assertIn("| Third demand | at most 0.80 | – | not measured | against Fast; no perf |", text)

    def test_smoke_runs_and_short_runs_are_named(self) -> None:
        text = page_of({**made_up(), "quick": True, "complete": False})
        self.assertIn("**A smoke run.**", text)
        self.assertIn("**Cut short.**", text)
        self.assertNotIn("smoke run", page_of(made_up()))

    def test_bars_in_cells_are_escaped(self) -> None:
        self.assertIn("| CPU | A \\| B |", page_of(made_up()))

    def test_commands_can_be_repeated(self) -> None:
        data = made_up()
        data["peers"]["fast"]["command"] = ["$WORK/fast", "--name", "a b"]
        self.assertIn('\n$WORK/fast --name "a b"\n', page_of(data))

    def test_a_curve_is_a_table_by_its_axis(self) -> None:
        self.assertIn("| µs, by tunnels | 10 | 100 |", page_of(made_up()))

    def test_every_number_may_be_missing(self) -> None:
        data = made_up()
        for name in list(data["summary"]):
            data["summary"][name] = {}
        data.update(ratios={}, targets=[], problems=[], machine={}, settings={}, commit=None, finished=None)
        self.assertIn("# Results of 2000-01-01", page_of(data))
        data.update(summary={}, scenarios={}, peers={})
        self.assertIn("# Results of 2000-01-01", page_of(data))

    def test_each_scenario_alone_will_do(self) -> None:
        for name in made_up()["scenarios"]:
            data = copy.deepcopy(made_up())
            for part in ("scenarios", "summary", "ratios"):
                data[part] = {key: value for key, value in data[part].items() if key == name}
            page_of(data)


class Plots(unittest.TestCase):
    def test_what_can_be_drawn_is_drawn(self) -> None:
        names = {plot.file for plot in plots(Results(made_up()))}
        wanted = {
            "overview.svg", "cost-per-message.svg", "cost-per-connection.svg", "tunnels.svg", "scaling.svg"
        }
        self.assertEqual(names, wanted)

    def test_files_are_well_formed_and_stand_alone(self) -> None:
        for plot in plots(Results(made_up())):
            text = plot.drawing.render()
            root = ElementTree.fromstring(text)
            self.assertEqual(root.tag, SVG + "svg")
            self.assertIsNotNone(root.find(SVG + "title"))
            self.assertTrue(root.findtext(SVG + "desc"))
            self.assertIn("prefers-color-scheme:dark", text)
            self.assertEqual(list(root.iter(SVG + "script")), [])
            self.assertNotIn("href", text)
            self.assertNotIn("url(", text)

    def test_nothing_lies_outside_the_paper(self) -> None:
        for plot in plots(Results(made_up())):
            for text in ElementTree.fromstring(plot.drawing.render()).iter(SVG + "text"):
                self.assertTrue(0 < float(text.get("x", "0")) < plot.drawing.width, plot.file)
                self.assertTrue(0 < float(text.get("y", "0")) < plot.drawing.height, plot.file)

    def test_values_stand_on_the_bars(self) -> None:
        drawing = next(plot for plot in plots(Results(made_up())) if plot.file == "cost-per-message.svg").drawing
        words = ["".join(text.itertext()) for text in ElementTree.fromstring(drawing.render()).iter(SVG + "text")]
        self.assertIn("20.0", words)
        self.assertTrue(any(word.startswith("failed: it stopped") for word in words))
        self.assertIn("Secure Proxy 20.0, Fast 40.0, Broken not measured", drawing.description)

    def test_more_workers_say_how_many_times_as_much(self) -> None:
        drawing = next(plot for plot in plots(Results(made_up())) if plot.file == "scaling.svg").drawing
        self.assertIn("2,000 (× 2.00)", drawing.render())

    def test_a_bar_that_is_far_too_long_is_cut(self) -> None:
        data = made_up()
        data["summary"]["echo-64"]["fast"] = entry(100_000)
        text = next(plot for plot in plots(Results(data)) if plot.file == "cost-per-message.svg").drawing.render()
        self.assertIn('class="cut"', text)
        self.assertIn("100,000", text)


class Block(unittest.TestCase):
    def test_the_block_is_replaced_and_nothing_else(self) -> None:
        text = replaced(f"head\n{BEGIN}\nold\n{END}\ntail\n", "new")
        self.assertEqual(text, f"head\n{BEGIN}\nnew\n{END}\ntail\n")
        self.assertEqual(replaced(text, "new"), text)

    def test_a_readme_without_marks_is_left_alone(self) -> None:
        for text in ("", BEGIN, END + BEGIN, BEGIN + BEGIN + END):
            with self.assertRaises(Unreadable):
                replaced(text, "new")

    def test_a_row_compares_with_the_best(self) -> None:
        text = short_summary(Results(made_up()), Path("a/results/one"), Path("a/README.md"))
        self.assertIn("| echo 64 B | 20.0 µs | 40.0 (Fast) | **0.50** | – | – |", text)
        self.assertIn("| token seen before | 50.0 µs | 200 (Fast) | **0.25** | – | – |", text)
        self.assertIn("(results/one/README.md)", text)
        self.assertIn("Of 3 demands, 1 is met and 1 not", text)

    def test_numbers_without_meaning_stay_out(self) -> None:
        for change in ({"quick": True}, {"complete": False}):
            with self.assertRaises(Unreadable):
                short_summary(Results({**made_up(), **change}), Path("a"), Path("README.md"))


class Command(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def run_main(self, *arguments: str) -> tuple[int, str]:
        """Exit code and what was said about errors."""
        errors = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            return main(list(arguments)), errors.getvalue()

    def write(self, data: Any) -> None:
        (self.directory / "results.json").write_text(json.dumps(data), encoding="utf-8")

    def test_everything_is_written(self) -> None:
        self.write(made_up())
        readme = self.directory / "TOP.md"
        readme.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
        (self.directory / "sizes.svg").write_text("stale", encoding="utf-8")
        code, _ = self.run_main(str(self.directory), "--readme", str(readme))
        self.assertEqual(code, 0)
        self.assertFalse((self.directory / "sizes.svg").exists())
        page_text = (self.directory / "README.md").read_text(encoding="utf-8")
        for plot in self.directory.glob("*.svg"):
            self.assertIn(f"({plot.name})", page_text)
        self.assertIn("overview.svg", readme.read_text(encoding="utf-8"))
        self.assertEqual(list(self.directory.glob("*.new")), [])

    def test_what_cannot_be_read_is_named(self) -> None:
        code, words = self.run_main(str(self.directory))
        self.assertEqual(code, 1)
        self.assertIn("results.json cannot be read", words)
        for data, expected in (([], "no object"), ({"format": 9}, "format 9")):
            self.write(data)
            code, words = self.run_main(str(self.directory))
            self.assertEqual(code, 1)
            self.assertIn(expected, words)

    def test_a_readme_that_is_not_there_is_named(self) -> None:
        self.write(made_up())
        code, words = self.run_main(str(self.directory), "--readme", str(self.directory / "absent.md"))
        self.assertEqual(code, 1)
        self.assertIn("absent.md", words)


if __name__ == "__main__":
    unittest.main()
