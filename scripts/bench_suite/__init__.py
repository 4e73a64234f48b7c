"""scripts/bench: the gateway beside the bare proxy, beside no proxy, and beside its peers, in one interleaved run.

The load generator, the stand-in provider, the collector and each proxy are processes of their own; the proxies have a
core to themselves where the machine has two. A round measures every target once before the next round begins, so that
what else the machine does falls on all alike.
"""
