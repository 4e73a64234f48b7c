"""Built-in add-ons that have nothing to do are not asked at every call.

Reason: some twenty of mitmproxy's own add-ons look at each request or answer only to find that their option is not
set. Worth: 4 % of a call's time. Leans on: the names of add-ons and options, and that such an add-on's hooks do nothing
while its option has its default. Options are looked at again after every change, so an add-on that somebody switches on
while the gateway runs is asked from the next hook on; commands and ``addons.get`` are not touched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mitmproxy import http, options
from mitmproxy.addons import (
    anticache,
    anticomp,
    blocklist,
    dumper,
    maplocal,
    mapremote,
    modifybody,
    modifyheaders,
    onboarding,
    proxyauth,
    save,
    savehar,
    stickyauth,
    stickycookie,
    upstream_auth,
)

_IDLE_WHILE_UNSET: dict[type, str] = {
    anticache.AntiCache: "anticache",
    anticomp.AntiComp: "anticomp",
    blocklist.BlockList: "block_list",
    maplocal.MapLocal: "map_local",
    mapremote.MapRemote: "map_remote",
    modifybody.ModifyBody: "modify_body",
    modifyheaders.ModifyHeaders: "modify_headers",
    onboarding.Onboarding: "onboarding",
    proxyauth.ProxyAuth: "proxyauth",
    save.Save: "save_stream_file",
    savehar.SaveHar: "hardump",
    stickyauth.StickyAuth: "stickyauth",
    stickycookie.StickyCookie: "stickycookie",
    upstream_auth.UpstreamAuth: "upstream_auth",
    dumper.Dumper: "flow_detail",
}
LEANS_ON = tuple(_IDLE_WHILE_UNSET)
_LIFE_CYCLE = ("load", "configure", "running", "done", "update", "add_log")


def is_builtin(addon: Any) -> bool:
    """mitmproxy's own and ours: their hooks are methods of their classes and do not change while they live."""
    return type(addon).__module__.partition(".")[0] in ("mitmproxy", "agw")


def is_idle(addon: Any, hook: str, opts: options.Options) -> bool:
    """True if the add-on's ``hook`` does nothing as the options are now."""
    option = _IDLE_WHILE_UNSET.get(type(addon))
    if option is None or hook in _LIFE_CYCLE or option not in opts:
        return False
    return not getattr(opts, option)


def guard(addon: Any, hook: str) -> Callable[[Any], bool] | None:
    """A plain function that tells whether a coroutine hook would do anything; None where there is none.

    The onboarding page is a coroutine at every request, for the sake of the one request to its own host.
    """
    if type(addon) is onboarding.Onboarding and hook == "request":
        host, name = addon.host, addon.host.encode()

        def serves(flow: http.HTTPFlow) -> bool:
            # Its own question takes the authority apart; mostly its name is nowhere.
            request = flow.request
            named = host in request.host or host in request.headers.get("host", "") or name in request.data.authority
            return named and bool(addon.should_serve(flow))

        return serves
    return None
