"""Puts together what RESULTS.md describes, and writes it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import machine, summary, targets
from .options import Options
from .peers import OURS
from .scenarios import Scenario
from .session import Session
from .stage import Stage

FORMAT = 1
PIN = {"one": "costs: proxy, generator and backend on one CPU",
       "apart": "latency and memory: the proxy on one CPU, generator and backend on the other"}


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def described_peers(stage: Stage) -> dict[str, Any]:
    found = {}
    for name, peer in stage.peers.items():
        program, setup = stage.programs.get(name), stage.setup(peer)
        found[name] = {
            "title": peer.title, "kind": peer.kind, "version": peer.version(program) if program else None,
            "source": peer.source(setup), "available": program is not None, "reason": stage.unavailable.get(name),
            "notes": list(peer.notes),
            "command": [without(part, stage) for part in peer.command(program, setup)] if program else [],
            "files": {file: without(text, stage) for file, text in peer.files(setup).items()}}
    return found


def without(text: str, stage: Stage) -> str:
    """Without the directories of this machine, which say nothing to others."""
    text = text.replace(str(stage.work), "$WORK")
    return text.replace(str(stage.options.environment), "$VENV").replace(str(stage.options.proxy), "secure-proxy")


def described_scenario(scenario: Scenario) -> dict[str, Any]:
    return {
        "title": scenario.title, "what": scenario.what, "metric": scenario.metric, "unit": scenario.unit,
        "better": scenario.better, "section": scenario.section, "group": scenario.group, "x": scenario.x,
        "x_label": scenario.x_label, "compared_with": scenario.compared_with, "pin": scenario.pin,
        "rounds": (scenario.rounds or 0) * scenario.times,
        "extra": {name: {"title": extra.title, "unit": extra.unit} for name, extra in scenario.extra.items()}}


class Results:
    """The file, written again after each round."""

    def __init__(self, options: Options, stage: Stage, session: Session, descriptors: int) -> None:
        self.options, self.stage, self.session = options, stage, session
        self.started = now()
        self.machine = machine.describe(descriptors)
        self.commit = machine.commit(options.tree)
        self.peers = described_peers(stage)

    def disabled(self) -> dict[str, str]:
        """Scenarios whose numbers say nothing here."""
        if self.options.apart:
            return {}
        return {scenario.name: "It needs two CPUs, and this run had one." for scenario in self.session.scenarios
                if scenario.pin == "both" or scenario.section == "latency"}

    def write(self, complete: bool) -> dict[str, Any]:
        session, options = self.session, self.options
        for name in self.peers:
            failed = [run for run in session.runs if run["peer"] == name]
            if failed and all(run["report"] is None for run in failed):
                self.peers[name].update(available=False, reason=failed[-1]["reason"])
        kinds = {name: peer.kind for name, peer in self.stage.peers.items()}
        document = {
            "format": FORMAT, "started": self.started, "finished": now() if complete else None, "complete": complete,
            "quick": options.quick, "commit": self.commit,
            "machine": {**self.machine, "load_after": round(os.getloadavg()[0], 2)},
            "settings": {"rounds": options.rounds, "seconds": options.seconds, "warm_up": options.warm_up,
                         "pin": "; ".join(PIN.values()), "cpu": options.cpu, "other_cpu": options.other_cpu,
                         "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "X25519",
                                 "certificate": "ECDSA P-256"}},
            "peers": self.peers,
            "scenarios": {scenario.name: described_scenario(scenario) for scenario in session.scenarios},
            "summary": summary.summarise(session.scenarios, session.collected),
            "ratios": summary.ratios(session.scenarios, session.collected, kinds, OURS),
        }
        view = {**document, "ours": OURS}
        document["targets"] = [targets.evaluate(target, view, self.disabled()) for target in targets.all_targets()]
        document["problems"] = [*(f"{self.peers[name]['title']}: {reason}"
                                  for name, reason in self.stage.unavailable.items()), *session.problems]
        document["runs"] = [{**run, "arguments": [without(part, self.stage) for part in run["arguments"]]}
                            for run in session.runs]
        options.output.mkdir(parents=True, exist_ok=True)
        write_atomically(options.output / "results.json", document)
        return document


def write_atomically(path: Path, document: dict[str, Any]) -> None:
    """Indented, but each single run on one line, so that the file stays readable and its differences small."""
    runs = document["runs"]
    text = json.dumps({**document, "runs": []}, indent=1, ensure_ascii=False)
    lines = ",\n".join("  " + json.dumps(run, ensure_ascii=False) for run in runs)
    text = text.removesuffix('"runs": []\n}') + '"runs": [\n' + lines + "\n ]\n}\n" if runs else text + "\n"
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text)
    unfinished.replace(path)
