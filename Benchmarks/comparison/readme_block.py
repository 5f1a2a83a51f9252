"""The short table of the project's README, and how it gets there."""

from __future__ import annotations

import os
from pathlib import Path

from .reading import Results, Unreadable
from .tables import headline_table, verdict

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def short_summary(results: Results, directory: Path, readme: Path) -> str:
    """The table, one plot and a link to all the rest, as seen from where `readme` is."""
    if results.data.get("quick"):
        raise Unreadable("these results are those of a smoke run; its numbers don't belong into a README")
    if not results.data.get("complete"):
        raise Unreadable("the run that wrote these results didn't get to its end; they don't belong into a README")
    link = Path(os.path.relpath(directory.resolve(), readme.resolve().parent)).as_posix()
    machine, settings = results.part("machine"), results.part("settings")
    where = ", ".join(str(machine[key]).split(" (")[0] for key in ("cpu", "distribution", "openssl") if machine.get(key))
    sentences = [
        f"Medians of {settings.get('rounds', '?')} interleaved rounds ({where}).",
        "A ratio is that of Secure Proxy to the best of each round; less is better.",
        "TLS-only yardsticks know no WebSocket, and of all these only Secure Proxy checks tokens.",
        verdict(results),
        f"[All results, also where we are not the best]({link}/README.md), with plots and configurations.",
    ]
    lines = [*headline_table(results), "", " ".join(filter(None, sentences))]
    if (directory / "overview.svg").exists():
        lines += ["", f"[![What a tunnel costs, beside other programs]({link}/overview.svg)]({link}/README.md)"]
    return "\n".join(lines)


def replaced(text: str, block: str) -> str:
    """`text` with what stands between the marks replaced by `block`."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise Unreadable(f"the README needs one line {BEGIN} and one line {END} behind it")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{block}\n{END}{tail}"
