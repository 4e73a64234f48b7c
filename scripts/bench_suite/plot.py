"""One picture of a run: calls per second of processor time, by target and concurrency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_FIGURE = "calls_per_cpu_s"
_FAR_APART = 10
"""Times; below it bars begin at 0, so that twice as much looks like it."""


def draw(summed: dict[str, Any], conditions: dict[str, object], file: Path) -> None:
    """Bars with least and greatest of the rounds; targets without a process of their own are left out."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    measures = {
        name: {target: found[_FIGURE] for target, found in targets.items() if _FIGURE in found}
        for name, targets in summed.items()
        if any(_FIGURE in found for found in targets.values())
    }
    figure, axes = plt.subplots(1, max(1, len(measures)), figsize=(4 * max(1, len(measures)), 4), squeeze=False)
    for axis, (name, targets) in zip(axes[0], measures.items(), strict=False):
        medians = [one["median"] for one in targets.values()]
        below = [one["median"] - one["least"] for one in targets.values()]
        above = [one["greatest"] - one["median"] for one in targets.values()]
        axis.bar(list(targets), medians, yerr=[below, above], capsize=4)
        if max(medians) > _FAR_APART * min(medians):
            # nginx looks into nothing and would make all others a line on the floor.
            axis.set_yscale("log")
        axis.set_title(name, fontsize=8)
        axis.set_ylabel("per second of CPU")
        axis.tick_params(axis="x", rotation=45)
    said = ("date", "python", "mitmproxy", "load average", "rounds")
    figure.suptitle("; ".join(f"{key} {conditions[key]}" for key in said if key in conditions), fontsize=7)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)
