"""The script that mitmproxy loads: ``mitmdump -s addon/agentgateway.py --set agwconfig=cfg.yaml``."""

from agw.hooks.gateway import Gateway
from agw.web.commands import Commands

addons = [Gateway(), Commands()]
