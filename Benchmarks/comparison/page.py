"""The page that stands beside the results: README.md of a results directory."""

from __future__ import annotations

import shlex
from typing import Sequence

from . import figures
from .plots import Plot
from .reading import Results, Scenario
from .tables import (
    Measure,
    footnotes,
    headline_table,
    peers_table,
    section_table,
    table,
    targets_table,
    verdict,
    with_demanded,
)

# Titles of the sections, in their order, and words that stand above a table.
_SECTIONS = {
    "cost": ("CPU time", "CPU time of the proxy alone, by the scheduler's clock."),
    "memory": ("Memory", "Resident memory less that before the first tunnel, divided by the tunnels."),
    "latency": ("Latency", "From the time at which a message was due, however late it could be sent."),
    "calls": ("System calls", "Counted for each message that went there and back."),
    "scaling": ("Scaling", "Throughput with one worker and with two."),
    "curve": ("Curves", "What a message costs, the more tunnels there are and the larger it is."),
    "information": ("For information", "Measured beside the others; no target is about it."),
}
_PINS = {
    "one": "generator, backend and proxy share one CPU",
    "apart": "the proxy has a CPU of its own, generator and backend have the other",
    "both": "all share both CPUs",
}


def page(results: Results, drawn: Sequence[Plot]) -> str:
    """The whole page."""
    lines = [*_head(results), *_summary(results, drawn), *_targets(results)]
    for section, (title, words) in _SECTIONS.items():
        lines += _section(results, drawn, section, title, words)
    lines += [*_missing(results), *_machine(results), *_method(results), *_configurations(results)]
    return "\n".join(lines).rstrip() + "\n"


def _head(results: Results) -> list[str]:
    data, commit = results.data, results.part("commit")
    lines = [f"# Results of {str(data.get('started', ''))[:10]}", ""]
    if commit:
        changed = ", with changes that are not in it" if commit.get("changed") else ""
        lines += [f"Secure Proxy at commit `{commit.get('short') or commit.get('hash')}`{changed}, beside others.", ""]
    if data.get("quick"):
        lines += ["> **A smoke run.** It shows that everything works; its numbers mean nothing.", ""]
    if not data.get("complete"):
        lines += ["> **Cut short.** Not all rounds of all scenarios were gone through.", ""]
    lines += [
        "This page and the plots are made from [`results.json`](results.json), which holds every single run; "
        "`scripts/bench.sh` makes them anew.",
        "",
    ]
    return lines


def _summary(results: Results, drawn: Sequence[Plot]) -> list[str]:
    words = ("Numbers are medians of the rounds. A ratio is Secure Proxy divided by the best of each round, and its median "
             "over the rounds: below 1, Secure Proxy needs less.")
    repeated = [scenario for scenario in results.of_section("latency")
                if scenario.rounds > (results.part("settings").get("rounds") or scenario.rounds)]
    if repeated:
        words += (" Runs of latency differ too much for the best of a round to mean anything: they are repeated in each, "
                  "and the best is the one with the best median.")
    lines = ["## In short", "", *headline_table(results), "", words, ""]
    return lines + _images(drawn, "overview")


def _targets(results: Results) -> list[str]:
    if not results.data.get("targets"):
        return []
    return ["## What must show", "", verdict(results), "", *targets_table(results), ""]


def _images(drawn: Sequence[Plot], section: str) -> list[str]:
    lines = []
    for plot in drawn:
        if plot.section == section:
            lines += [f"![{plot.drawing.title}]({plot.file})", ""]
    return lines


def _section(results: Results, drawn: Sequence[Plot], section: str, title: str, words: str) -> list[str]:
    scenarios = results.of_section(section)
    if not scenarios:
        return []
    pins = {scenario.pin for scenario in scenarios if scenario.pin}
    where = "; ".join(_PINS.get(pin, pin) for pin in sorted(pins))
    lines = [f"## {title}", "", words + (f" Pinned: {where}." if where else ""), "", *_images(drawn, section)]
    if any(scenario.higher_is_better for scenario in scenarios):
        lines += ["More is better here, and so is a ratio above 1.", ""]
    groups: dict[str | None, list[Scenario]] = {}
    for scenario in scenarios:
        groups.setdefault(scenario.group, []).append(scenario)
    for group, members in groups.items():
        lines += [*(_plain(results, members) if group is None else _points(results, members)), ""]
    for scenario in scenarios:
        lines += _details(results, scenario)
    marks = footnotes(results, [Measure(scenario) for scenario in scenarios])
    return lines + ([*marks, ""] if marks else [])


def _plain(results: Results, scenarios: Sequence[Scenario]) -> list[str]:
    """A table with a column for each scenario, and for what else is demanded of it."""
    return section_table(results, [each for scenario in scenarios for each in with_demanded(results, scenario)])


def _points(results: Results, scenarios: Sequence[Scenario]) -> list[str]:
    """A table with a column for each point of a curve, named by its place on the axis."""
    in_bytes = scenarios[0].group == "sizes"
    heads = [figures.size(each.x or 0) if in_bytes else f"{each.x or 0:,g}" for each in scenarios]
    corner = f"{scenarios[0].unit}, by {scenarios[0].x_label or scenarios[0].group}"
    what = _sentence(scenarios[0].what)
    return [what, "", *section_table(results, [Measure(each) for each in scenarios], corner, heads)]


def _sentence(words: str) -> str:
    """Words with a capital at their beginning and a full stop at their end."""
    return words[:1].upper() + words[1:].rstrip(".") + "." if words else ""


def _details(results: Results, scenario: Scenario) -> list[str]:
    """What else was measured in a scenario, folded, as few read it."""
    known = [
        extra
        for extra in scenario.extra
        if any((found := results.figure(scenario.name, peer, extra)) and found.rounds for peer in results.peers)
    ]
    # The points of a curve are many, and what else is known of them is in results.json.
    if not known or scenario.section == "curve":
        return []
    measures = [Measure(scenario), *(Measure(scenario, extra) for extra in known)]
    # The scenario's name stands above the table, and need not be repeated in each column.
    heads = [scenario.unit]
    for extra in known:
        heads.append(", ".join(filter(None, (scenario.extra[extra].get("title"), scenario.extra[extra].get("unit")))))
    lines = [f"<details><summary>{scenario.title}: more numbers</summary>", "", _sentence(scenario.what), ""]
    return [*lines, *section_table(results, measures, "", heads), "", "</details>", ""]


def _missing(results: Results) -> list[str]:
    absent = [peer for peer in results.peers.values() if not peer.available]
    problems = results.data.get("problems") or []
    lines = ["## What could not be measured", ""]
    lines += [f"- **{peer.title}** ({peer.source}): {peer.reason or 'no reason is known'}" for peer in absent]
    folded = len(problems) > 20
    lines += ["", f"<details><summary>{len(problems)} problems</summary>", ""] if folded else []
    lines += [f"- {problem}" for problem in problems]
    lines += ["", "</details>"] if folded else []
    if not absent and not problems:
        lines.append("Every program that was asked for was there, and every run succeeded.")
    return [*lines, ""]


def _machine(results: Results) -> list[str]:
    names = {
        "cpu": "CPU",
        "cpus": "CPUs",
        "memory_GiB": "memory, GiB",
        "openssl": "OpenSSL",
        "openssl_development": "OpenSSL built against",
        "descriptors": "descriptors at most",
    }
    rows = []
    for key, value in results.part("machine").items():
        shown = figures.ABSENT if value is None else value
        rows.append([names.get(key, key.replace("_", " ")), str(shown)])
    return ["## The machine", "", *table(["", ""], rows, "ll"), ""] if rows else []


def _method(results: Results) -> list[str]:
    settings, data = results.part("settings"), results.data
    rounds = settings.get("rounds", "?")
    tls = settings.get("tls") or {}
    lines = ["## How it was measured", ""]
    lines += [
        f"- {rounds} round{'' if rounds == 1 else 's'} (curves may have fewer). In each, every scenario goes through "
        "all programs in turn, so that a slow minute of the machine meets all of them.",
        f"- {settings.get('seconds', '?')} s for each run after {settings.get('warm_up', '?')} s of warming up, from "
        f"{data.get('started', '?')} to {data.get('finished') or 'an early end'}.",
    ]
    if settings.get("pin"):
        lines.append(f"- Pinning: {settings['pin']}.")
    if tls:
        wanted = ", ".join(str(value) for value in tls.values() if value)
        lines.append(f"- Every run had to negotiate {wanted}, unless a program's notes below say otherwise.")
    lines += [
        "- One worker or thread for each program, except where two are named; the same certificate and backend.",
        "- What each number means is told in [the generator's page](../../README.md).",
        "",
    ]
    return lines


def _quoted(word: str) -> str:
    """A word for a shell, in which names like $WORK still stand for a place."""
    return word if shlex.quote(word.replace("$", "")) == word.replace("$", "") else f'"{word}"'


def _configurations(results: Results) -> list[str]:
    lines = ["## The programs", "", *peers_table(results), ""]
    for peer in results.peers.values():
        if not peer.available or not (peer.command or peer.files or peer.notes):
            continue
        lines += [f"<details><summary>{peer.title}: how it was run</summary>", ""]
        lines += [f"- {note}" for note in peer.notes] + ([""] if peer.notes else [])
        if peer.command:
            lines += ["```sh", " ".join(_quoted(str(word)) for word in peer.command), "```", ""]
        for name, text in peer.files.items():
            fence = "```" if "```" not in text else "~~~~"
            lines += [f"`{name}`", "", fence, text.rstrip("\n"), fence, ""]
        lines += ["</details>", ""]
    return lines
