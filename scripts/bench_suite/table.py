"""Medians, spread and ratios, as JSON and as a table for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

Samples = dict[str, dict[str, dict[str, list[float]]]]
"""Measurement -> target -> figure -> one value for each round."""

_RATIOS = ("calls_per_s", "calls_per_cpu_s")
_DIFFERENCES = ("first_p50_ms", "first_p99_ms", "chunk_p50_ms", "chunk_p99_ms")


def summary(samples: Samples) -> dict[str, Any]:
    """Medians with the least and the greatest, and, round by round, ratios to bare and differences to direct."""
    return {
        measure: {
            target: {
                figure: {
                    **_spread(values),
                    **_against(figure, values, targets, "bare", "direct"),
                }
                for figure, values in figures.items()
            }
            for target, figures in targets.items()
        }
        for measure, targets in samples.items()
    }


def _spread(values: Iterable[float]) -> dict[str, float]:
    kept = [round(value, 3) for value in values]
    return {"median": statistics.median(kept), "least": min(kept), "greatest": max(kept)}


def _against(
    figure: str, values: list[float], targets: dict[str, dict[str, list[float]]], bare: str, direct: str
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if figure in _RATIOS and (base := targets.get(bare, {}).get(figure)):
        found["x_bare"] = _spread(one / other for one, other in zip(values, base, strict=False) if other)
    if figure in _DIFFERENCES:
        for name, key in ((bare, "over_bare"), (direct, "over_direct")):
            if base := targets.get(name, {}).get(figure):
                found[key] = _spread(one - other for one, other in zip(values, base, strict=False))
    return found


_SHORT = {
    "calls_per_s": "calls/s",
    "calls_per_cpu_s": "calls/CPU s",
    "cpu_ms_per_call": "CPU s/1000",
    "slope_mb_per_10000": "MB/10000",
}


def lines(summed: dict[str, Any]) -> list[str]:
    """The table: one block for each measurement, one line for each target."""
    out: list[str] = []
    for measure, targets in summed.items():
        figures = list(dict.fromkeys(figure for found in targets.values() for figure in found))
        rows = [["", *(_SHORT.get(figure, figure) for figure in figures)]]
        rows += [[target, *(_cell(found.get(figure)) for figure in figures)] for target, found in targets.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        out += ["", measure]
        out += [
            "  "
            + row[0].ljust(widths[0])
            + "".join("  " + cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))
            for row in rows
        ]
    return out


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    median = found["median"]
    text = f"{median:.0f}" if abs(median) >= 1000 else f"{median:.3g}"
    if "x_bare" in found:
        ratio = found["x_bare"]
        text += f" {ratio['median']:.2f}x ({ratio['least']:.2f}-{ratio['greatest']:.2f})"
    elif "over_direct" in found:
        text += f" ({found['over_direct']['median']:+.2f})"
    return text
