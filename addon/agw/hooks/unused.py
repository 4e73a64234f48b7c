"""Takes mitmproxy's idle add-ons out of the way of every call.

mitmproxy asks each of its some 35 add-ons at each of a call's hooks, twice, whether they have something to say; that
walk is the greater part of what a call costs. In mitmdump nobody can switch an add-on on later, so one whose option
has its default will stay idle. mitmweb and the console keep them all: people switch things there.
"""

from __future__ import annotations

from mitmproxy import ctx

# Each add-on's name, and the option that makes it do something; None where it only brings commands for consoles.
_IDLE_UNLESS: dict[str, str | None] = {
    "anticache": "anticache",
    "anticomp": "anticomp",
    "blocklist": "block_list",
    "browser": None,
    "commandhistory": None,
    "comment": None,
    "cut": None,
    "export": None,
    "maplocal": "map_local",
    "mapremote": "map_remote",
    "modifybody": "modify_body",
    "modifyheaders": "modify_headers",
    "proxyauth": "proxyauth",
    "save": "save_stream_file",
    "savehar": "hardump",
    "serverplayback": "server_replay",
    "stickyauth": "stickyauth",
    "stickycookie": "stickycookie",
    "upstreamauth": "upstream_auth",
}
# Of use only to clients of a mode that the person opened.
_FOR_OTHER_MODES = ("dnsresolver", "onboarding", "stripdnshttpsrecords")


def remove_idle_addons(*, other_modes: bool) -> None:
    """``other_modes``: the person opened modes beside the config's ports."""
    addons = ctx.master.addons
    if addons.get("dumper") is None:
        return
    for name, option in _IDLE_UNLESS.items():
        if option is None or (option in ctx.options and not ctx.options.has_changed(option)):
            _remove(name)
    if not other_modes:
        for name in _FOR_OTHER_MODES:
            _remove(name)


def _remove(name: str) -> None:
    addon = ctx.master.addons.get(name)
    if addon is not None:
        ctx.master.addons.remove(addon)
