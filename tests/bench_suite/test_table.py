"""What the bench's table compares with what."""

from __future__ import annotations

from bench_suite.table import NEW_CONNECTIONS, lines, summary


def test_a_target_is_compared_with_bare_and_with_the_one_that_it_names() -> None:
    samples = {
        "JSON calls, c=16": {
            "bare": {"calls_per_s": [100.0, 100.0]},
            "gateway-content": {"calls_per_s": [200.0, 220.0]},
            "gateway-content-dead": {"calls_per_s": [190.0, 220.0]},
        }
    }
    summed = summary(samples, {"gateway-content-dead": "gateway-content"})
    dead = summed["JSON calls, c=16"]["gateway-content-dead"]["calls_per_s"]
    assert dead["x_bare"]["median"] == 2.05
    assert dead["x_gateway-content"] == {"median": 0.975, "least": 0.95, "greatest": 1.0}
    told = "\n".join(lines(summed))
    assert "0.97x (0.95-1.00) gateway-content" in told or "0.98x (0.95-1.00) gateway-content" in told
    assert "2.10x (2.00-2.20)" in told


def test_calls_on_new_connections_are_compared_with_those_on_kept_ones() -> None:
    samples = {
        "JSON calls, c=16": {"gateway": {"calls_per_s": [100.0]}},
        f"JSON calls{NEW_CONNECTIONS}, c=16": {"gateway": {"calls_per_s": [80.0]}},
    }
    summed = summary(samples)
    assert summed[f"JSON calls{NEW_CONNECTIONS}, c=16"]["gateway"]["x_kept"]["median"] == 0.8
    assert "x_kept" not in summed["JSON calls, c=16"]["gateway"]
