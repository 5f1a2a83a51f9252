"""Makes a page and plots from what the comparison measured.

    python3 -m comparison.render DIRECTORY                        README.md and plots beside results.json
    python3 -m comparison.render DIRECTORY --readme ../README.md  also puts a short table into the project's README
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .page import page
from .plots import plots
from .readme_block import replaced, short_summary
from .reading import Results, Unreadable


def _written(path: Path, text: str) -> None:
    """Writes a file beside and moves it into place, so that nobody ever sees half of one."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    print(f"wrote {path}")


def render(directory: Path) -> Results:
    """Writes README.md and the plots into `directory`, and removes plots of an earlier run that no longer hold."""
    results = Results.read(directory)
    drawn = plots(results)
    for plot in drawn:
        _written(directory / plot.file, plot.drawing.render())
    for stale in sorted({path.name for path in directory.glob("*.svg")} - {plot.file for plot in drawn}):
        (directory / stale).unlink()
        print(f"removed {directory / stale}, as these results have nothing to draw there")
    _written(directory / "README.md", page(results, drawn))
    return results


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="comparison.render", description="Draws the results of a comparison.")
    parser.add_argument("directory", type=Path, help="where results.json is, and README.md and plots go")
    parser.add_argument("--readme", type=Path, help="a README whose block between the bench marks is replaced")
    options = parser.parse_args(arguments)
    try:
        results = render(options.directory)
        if options.readme:
            text = options.readme.read_text(encoding="utf-8")
            _written(options.readme, replaced(text, short_summary(results, options.directory, options.readme)))
    except Unreadable as error:
        print(f"comparison.render: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"comparison.render: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
