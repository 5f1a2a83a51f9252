"""Calls secure-proxy-bench once, and judges what it says."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .peers.base import Negotiated
from .processes import pinned

# Words of the generator that tell of bytes that were not those that had been sent.
WRONG = re.compile(r"byte \d+ (that came back|of an upload)|bytes (came|of an upload arrived)"
                   r"|no frame of a WebSocket server|no answer of a sink")


@dataclass(frozen=True)
class Outcome:
    """How a run went. `reason` is None when all went well."""

    arguments: list[str]
    exit_code: int | None
    report: dict[str, Any] | None
    reason: str | None
    wrong_bytes: bool = False

    @property
    def ok(self) -> bool:
        return self.reason is None


def mismatch(report: dict[str, Any], wanted: Negotiated) -> str | None:
    """What was negotiated other than all were to negotiate."""
    found = report.get("tls", {})
    for name in ("version", "cipher", "group", "certificate"):
        value, right = found.get(name), getattr(wanted, name)
        if value != right:
            return f"{name} negotiated: {value} instead of {right}"
    return None


def judge(arguments: list[str], exit_code: int, output: str, errors: str, wanted: Negotiated) -> Outcome:
    """Exit code, report and handshake together."""
    said = [line.removeprefix("secure-proxy-bench: ") for line in errors.splitlines() if line.strip()]
    wrong = WRONG.search(errors) is not None
    try:
        report = json.loads(output)
    except ValueError:
        reason = said[0] if said else f"the generator ended with {exit_code} and reported nothing"
        return Outcome(arguments, exit_code, None, reason, wrong)
    if exit_code != 0:
        reason = said[0] if said else f"the generator ended with {exit_code}"
        return Outcome(arguments, exit_code, report, reason, wrong)
    return Outcome(arguments, exit_code, report, mismatch(report, wanted), wrong)


def call(program: Path, arguments: list[str], cpus: list[int], wanted: Negotiated, timeout: float) -> Outcome:
    """Runs it on these CPUs; one that hangs is ended."""
    with pinned(cpus):
        process = subprocess.Popen([str(program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Outcome(arguments, None, None, f"it had not ended after {timeout:g} s")
    except BaseException:
        process.kill()
        process.wait()
        raise
    return judge(arguments, process.returncode, output, errors, wanted)
