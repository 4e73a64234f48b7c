"""The script that mitmproxy loads: ``mitmdump -s addon/agentgateway.py --set agwconfig=cfg.yaml``."""

from agw.hooks.gateway import Gateway

addons = [Gateway()]
