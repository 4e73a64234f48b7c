"""Whether mitmproxy's internals are those that the fast path was written for.

A release that changes one of the functions that are replaced or relied on changes its source, and so its digest: the
piece then stays off until somebody has read the new source and written its digest here.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

KNOWN: dict[str, tuple[str, ...]] = {
    # 12.3.1
    "mitmproxy.addonmanager.AddonManager.trigger_event": ("b763c59bc499",),
    "mitmproxy.addonmanager.AddonManager.handle_lifecycle": ("38c97e792d1d",),
    "mitmproxy.addonmanager.AddonManager.invoke_addon": ("131805324403",),
    "mitmproxy.addonmanager.AddonManager._iter_hooks": ("350b419ab728",),
    "mitmproxy.addonmanager.safecall": ("f2052c18340e",),
    "mitmproxy.addonmanager.traverse": ("bad3d9f88bdf",),
    "mitmproxy.hooks.Hook": ("314edf62e53f",),
    "mitmproxy.proxy.commands.StartHook": ("4c08af5e4420",),
    "mitmproxy.proxy.server.ConnectionHandler.server_event": ("a2b42657ebe8",),
    "mitmproxy.proxy.server.ConnectionHandler.hook_task": ("9ac797016052",),
    "mitmproxy.proxy.mode_servers.ProxyConnectionHandler.handle_hook": ("9f8b52fd7982",),
    "mitmproxy.log.LegacyLogEvents.emit": ("422923602275",),
    "mitmproxy.proxy.layers.http._http1.Http1Connection.read_body": ("aece271029af",),
    "mitmproxy.flow.Flow": ("430fd848161b",),
    "mitmproxy.connection.Server": ("757f6dcd0838",),
    "mitmproxy.connection.Connection": ("fc9cbe673085",),
    "mitmproxy.proxy.server.TimeoutWatchdog": ("95c9f187c70d",),
    "mitmproxy.proxy.context.Context": ("dd52bbec90ea",),
    "mitmproxy.proxy.layer.Layer": ("e98dedd896fb",),
    "mitmproxy.proxy.tunnel.TunnelLayer": ("a0a2a31af17d",),
    "mitmproxy.proxy.layers.tls.ServerTLSLayer": ("8666fc7667d7",),
    "mitmproxy.proxy.layers.tls.TLSLayer.tls_interact": ("62d6d57d43dd",),
    "mitmproxy.proxy.layers.tls.TLSLayer.receive_handshake_data": ("721fe6313c09",),
    "mitmproxy.proxy.layers.tls.TLSLayer.receive_data": ("85c0e6b656c3",),
    "mitmproxy.proxy.layers.tls.TLSLayer.send_data": ("35a29a1b0b0c",),
    "mitmproxy.proxy.layers.http.HttpClient": ("8401d422afda",),
    "mitmproxy.proxy.layers.http.HttpLayer.event_to_child": ("1095f6e1581d",),
    "mitmproxy.proxy.layers.http.HttpLayer.get_connection": ("1aa1c63e3175",),
    "mitmproxy.proxy.layers.http._http1.Http1Client": ("706b7a68f280",),
    "mitmproxy.proxy.layers.http._http1.Http1Connection.mark_done": ("dc5ed395ce4f",),
    "mitmproxy.proxy.mode_servers.ServerInstance.handle_stream": ("21eea06f208c",),
    "mitmproxy.proxy.server.LiveConnectionHandler": ("7e512dd40fb2",),
    "mitmproxy.proxy.server.ConnectionHandler.handle_client": ("01f1b7cc991c",),
    "mitmproxy.proxy.server.ConnectionHandler.open_connection": ("5e0b3cbaf7a4",),
    "mitmproxy.proxy.server.ConnectionHandler.handle_connection": ("95c3f93e9824",),
    "mitmproxy.proxy.server.ConnectionHandler.drain_writers": ("6b5743460456",),
    "mitmproxy.proxy.server.ConnectionHandler.close_connection": ("c0d10cc05dd6",),
    "mitmproxy.proxy.layers.http._http1.Http1Connection": ("c0675638b075",),
    "mitmproxy.proxy.layers.http._http1.Http1Server": ("cc8428d0bb6f",),
    "mitmproxy.proxy.layers.http.HttpStream": ("baaac4f7cdb3",),
    "mitmproxy.proxy.layers.http.HttpLayer": ("8da4a8a48e63",),
    "mitmproxy.net.http.http1.read._read_request_line": ("f212df4b4bad",),
    "mitmproxy.net.http.http1.read._read_response_line": ("00582e2a3719",),
    "mitmproxy.net.http.http1.read.raise_if_http_version_unknown": ("e1159a2812bb",),
    "mitmproxy.net.http.http1.read.read_request_head": ("d7a54f707858",),
    "mitmproxy.net.http.http1.read.read_response_head": ("7f1f014abc5e",),
    "mitmproxy.net.http.http1.read.expected_http_body_size": ("bf258f07286c",),
    "mitmproxy.net.http.http1.assemble.assemble_request_head": ("e034304c8d89",),
    "mitmproxy.net.http.http1.assemble.assemble_response_head": ("ce2b0b0a77f3",),
    "mitmproxy.http.MessageData.__post_init__": ("f65088e210cd",),
    "mitmproxy.http.Headers": ("947aa0298abd",),
    "mitmproxy.coretypes.multidict.MultiDict": ("c5fd61b78bd9",),
    "mitmproxy.coretypes.multidict._MultiDict": ("fce5ae993af6",),
    "mitmproxy.optmanager._Option": ("eb3f037b6cc4",),
    "mitmproxy.utils.asyncio_utils.set_task_debug_info": ("fb5346b5710b",),
    "mitmproxy.utils.human.format_address": ("8f304f372df5",),
    "mitmproxy.addons.block.Block": ("216cac244bbd",),
    "mitmproxy.addons.anticache.AntiCache": ("2de4104e2f35",),
    "mitmproxy.addons.anticomp.AntiComp": ("f20b49c7957f",),
    "mitmproxy.addons.blocklist.BlockList": ("470fe725d8c0",),
    "mitmproxy.addons.maplocal.MapLocal": ("a854ef1ea560",),
    "mitmproxy.addons.mapremote.MapRemote": ("c57e7fdeda79",),
    "mitmproxy.addons.modifybody.ModifyBody": ("42b8f3e2fd33",),
    "mitmproxy.addons.modifyheaders.ModifyHeaders": ("14c80253c6a1",),
    "mitmproxy.addons.onboarding.Onboarding": ("7e789cf90159",),
    "mitmproxy.addons.proxyauth.ProxyAuth": ("aa96faed1d5a",),
    "mitmproxy.addons.save.Save": ("c8c8f118c562",),
    "mitmproxy.addons.savehar.SaveHar": ("cbdda342ccc9",),
    "mitmproxy.addons.stickyauth.StickyAuth": ("c1ac349c6970",),
    "mitmproxy.addons.stickycookie.StickyCookie": ("3b0c8b555745",),
    "mitmproxy.addons.upstream_auth.UpstreamAuth": ("5d4dd5e8688e",),
    "mitmproxy.addons.disable_h2c.DisableH2C": ("6e899d77f8c2",),
    "mitmproxy.addons.tlsconfig.TlsConfig.request": ("4979371e5dca",),
    "mitmproxy.addons.tlsconfig.TlsConfig.crl_path": ("a9041d305fde",),
    "mitmproxy.addons.update_alt_svc.UpdateAltSvc.responseheaders": ("25ce1b89275c",),
    "mitmproxy.addons.dumper.Dumper": ("116c8d57898e",),
}


def digest(source_of: Callable[..., Any]) -> str:
    """Of the source text, so that it is the same under every Python. Raises OSError or TypeError without source."""
    return hashlib.sha256(inspect.getsource(source_of).encode()).hexdigest()[:12]


def name_of(thing: Callable[..., Any]) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def changed(things: Iterable[Callable[..., Any]]) -> list[str]:
    """The names of the functions and classes whose source is none of the known ones."""
    found = []
    for thing in things:
        try:
            same = digest(thing) in KNOWN.get(name_of(thing), ())
        except (OSError, TypeError):
            same = False
        if not same:
            found.append(name_of(thing))
    return found
