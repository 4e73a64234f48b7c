"""Built-in add-ons that have nothing to do are not asked at every call.

Reason: some twenty of mitmproxy's own add-ons look at each request or answer only to find that their option is not
set. Worth: 4 % of a call's time. Leans on: the names of add-ons and options, and that such an add-on's hooks do nothing
while its option has its default. Options are looked at again after every change, so an add-on that somebody switches on
while the gateway runs is asked from the next hook on; commands and ``addons.get`` are not touched.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from mitmproxy import connection, http, options
from mitmproxy.addons import (
    anticache,
    anticomp,
    block,
    blocklist,
    disable_h2c,
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
    tlsconfig,
    update_alt_svc,
    upstream_auth,
)
from mitmproxy.proxy.mode_specs import ReverseMode

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
LEANS_ON: tuple[Callable[..., Any], ...] = (
    *_IDLE_WHILE_UNSET,
    block.Block,
    disable_h2c.DisableH2C,
    tlsconfig.TlsConfig.request,
    tlsconfig.TlsConfig.crl_path,
    update_alt_svc.UpdateAltSvc.responseheaders,
)
_OUR_SCRIPT = str(Path(__file__).resolve().parents[2] / "agentgateway.py")
_LIFE_CYCLE = ("load", "configure", "running", "done", "update", "add_log")


def is_builtin(addon: Any) -> bool:
    """mitmproxy's own and ours: their hooks are methods of their classes and do not change while they live. The script
    that brings ours has none itself."""
    if type(addon) is ModuleType:
        return os.path.realpath(getattr(addon, "__file__", None) or "") == _OUR_SCRIPT
    return type(addon).__module__.partition(".")[0] in ("mitmproxy", "agw")


def is_idle(addon: Any, hook: str, opts: options.Options) -> bool:
    """True if the add-on's ``hook`` does nothing as the options are now."""
    option = _IDLE_WHILE_UNSET.get(type(addon))
    if option is None or hook in _LIFE_CYCLE or option not in opts:
        return False
    return not getattr(opts, option)


def guard(addon: Any, hook: str, opts: options.Options) -> Callable[[Any], bool] | None:
    """A plain function that tells whether a hook would do anything; None where there is none."""
    kind = type(addon)
    if kind is onboarding.Onboarding and hook == "request":
        return _serves_page(addon)
    if kind is disable_h2c.DisableH2C and hook == "request":
        return _may_be_http2
    if kind is tlsconfig.TlsConfig and hook == "request" and not _is_set(opts, "emudhra", "emudhra_old"):
        return _asks_for_revocations
    if kind is update_alt_svc.UpdateAltSvc and hook == "responseheaders":
        return _is_reverse
    if kind is block.Block and hook == "client_connected" and not _is_set(opts, "block_private"):
        return _may_be_blocked
    return None


def _is_set(opts: options.Options, *names: str) -> bool:
    return any(name not in opts or getattr(opts, name) for name in names)


def _serves_page(addon: Any) -> Callable[[http.HTTPFlow], bool]:
    """The onboarding page is a coroutine at every request, for the sake of the one request to its own host."""
    host, name = addon.host, addon.host.encode()

    def serves(flow: http.HTTPFlow) -> bool:
        # Its own question takes the authority apart; mostly its name is nowhere.
        request = flow.request
        named = host in request.data.host or host in request.headers.get("host", "") or name in request.data.authority
        return named and bool(addon.should_serve(flow))

    return serves


@lru_cache(1024)
def _is_on_the_internet(host: str) -> bool:
    """What ``block_global`` is about; True for all that is no address."""
    try:
        address = ipaddress.ip_address(host.rsplit("%", 1)[0])
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return address.is_global


def _may_be_blocked(client: connection.Client) -> bool:
    return client.peername is None or _is_on_the_internet(client.peername[0])


def _may_be_http2(flow: http.HTTPFlow) -> bool:
    return flow.request.data.method == b"PRI" or "upgrade" in flow.request.headers


def _asks_for_revocations(flow: http.HTTPFlow) -> bool:
    return flow.request.data.path.endswith(b".crl")


def _is_reverse(flow: http.HTTPFlow) -> bool:
    # Not isinstance: of an abstract class that is a call of Python's.
    return ReverseMode in type(flow.client_conn.proxy_mode).__mro__
