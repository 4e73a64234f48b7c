"""The gateway's package: a pure core between mitmproxy's hooks and the destinations of its records.

The way of a call is the way of the imports::

    hooks -> routing -> policies -> providers -> formats / streaming -> usage -> record -> telemetry -> destinations

Only ``agw.hooks`` (and the script that mitmproxy loads) imports mitmproxy; only ``agw.destinations`` talks to the
network; only ``agw.config`` reads files.
"""

__version__ = "0.1.0"
