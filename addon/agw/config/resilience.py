"""What happens when a target fails: ``retry`` (agentgateway.md §1.6) and ``health`` (§1.9)."""

from __future__ import annotations

from agw.config.expressions import expression
from agw.config.reader import At
from agw.config.snapshot import Eviction, Retry


def retry(at: At) -> Retry | None:
    if not at:
        return None
    attempts = at["attempts"].number()
    codes = frozenset(code for one in at["codes"].items() if (code := one.number()) is not None)
    return Retry(
        1 if attempts is None else attempts,
        at["backoff"].seconds(),
        codes,
        precondition=expression(at["precondition"]),
        condition=expression(at["condition"]),
    )


def eviction(at: At) -> Eviction | None:
    """``health`` without ``eviction`` only measures."""
    policy = at["eviction"]
    if not policy:
        return None
    failures = policy["consecutiveFailures"].number()
    restored = _share(policy["restoreHealth"])
    return Eviction(
        duration_s=policy["duration"].seconds(),
        consecutive_failures=1 if failures is None else failures,
        health_threshold=_share(policy["healthThreshold"]),
        restore_health=1.0 if restored is None else restored,
    )


def _share(at: At) -> float | None:
    return float(at.value) if isinstance(at.value, int | float) and not isinstance(at.value, bool) else None
