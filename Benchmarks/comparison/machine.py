"""Describes the machine, the commit and the peers, so that numbers can be compared with others'."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

from .peers.base import debian_version, first_line


def in_file(path: str, pattern: str) -> str | None:
    """What the pattern's group finds in a file."""
    try:
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    except OSError:
        return None
    return found.group(1).strip() if found else None


def describe(descriptors: int) -> dict[str, Any]:
    kibibytes = in_file("/proc/meminfo", r"^MemTotal:\s+(\d+)")
    flags = in_file("/proc/cpuinfo", r"^flags\s*:(.*)$") or ""
    return {
        "cpu": in_file("/proc/cpuinfo", r"^model name\s*:(.*)$") or platform.machine(),
        "cpus": os.cpu_count(),
        "virtualization": (first_line(["systemd-detect-virt"]) or "virtual") if " hypervisor" in flags else "none seen",
        "kernel": platform.release(),
        "distribution": in_file("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "memory_GiB": round(int(kibibytes) / 2**20, 1) if kibibytes else None,
        "openssl": first_line(["openssl", "version"]),
        "openssl_development": debian_version("libssl-dev"),
        "compiler": first_line(["swift", "--version"], r"Swift version \S+"),
        "descriptors": descriptors,
        "load_before": round(os.getloadavg()[0], 2),
        "load_after": None,
    }


def git(tree: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit(tree: Path) -> dict[str, Any] | None:
    """Which state of the sources this is; results that lie about don't count as a change."""
    found = git(tree, "rev-parse", "HEAD")
    if found is None:
        return None
    changed = git(tree, "status", "--porcelain", "--", ".", ":!Benchmarks/results", ":!README.md")
    return {"hash": found, "short": found[:7], "changed": bool(changed)}
