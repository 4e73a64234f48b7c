"""What a call cost: rates, lists of rates, and the finisher that puts the cost on the record.

Import what you need from its module: ``price`` (the arithmetic), ``builtin`` and ``catalog`` (where rates come from),
``book`` (both, in their order), ``pricer`` (the finisher), ``update`` (fetching newer rates, on command only).
"""
