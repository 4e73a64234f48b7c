"""The fast path: most of what a call costs in mitmproxy is not its protocol but how its add-ons are asked.

The only room that leans on mitmproxy's internals. Each piece is one module, with its reason, its worth and what it
leans on written at its top; ``install`` first looks whether those internals are the ones that it was written for, and
leaves mitmproxy as it is where they are not. What add-ons see is unchanged: every hook, in order, awaited where it is a
coroutine, with the error of one logged and kept from the others. A hook that is a plain function, even one that now and
then gives back something to await, costs a fraction of one that is ``async``.
"""

from agw.fastpath.install import FastPath, install
from agw.fastpath.sharing import Share, was_handed_out

__all__ = ["FastPath", "Share", "install", "was_handed_out"]
