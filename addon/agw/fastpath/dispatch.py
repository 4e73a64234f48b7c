"""A table of who listens to which hook, in place of a walk over all add-ons.

Reason: ``AddonManager.trigger_event`` asks each of some 35 add-ons and their children for each hook, and
``handle_lifecycle`` does it a second time for ``update``. Worth: twice the calls per second. Leans on: ``chain`` being
the list of add-ons in order, ``addons`` their children, ``name`` and the one field of hooks, ``safecall``'s rules.

The rules kept: add-ons are asked in the order of the chain, each before its children; an error is logged and ends that
add-on's group (it and its children), not the others; ``AddonHalt`` ends all; what is awaitable is awaited before the
next is asked. The table is made anew when the chain, a list of children or an option has changed. Add-ons that are
neither mitmproxy's nor ours are looked at each time, since a script may put on a hook whenever it likes.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, fields
from typing import Any

from mitmproxy import addonmanager, exceptions, flow, hooks

from agw.fastpath import idle

_NO_GROUP = -1

LEANS_ON = (
    addonmanager.AddonManager.trigger_event,
    addonmanager.AddonManager.handle_lifecycle,
    addonmanager.AddonManager.invoke_addon,
    addonmanager.AddonManager._iter_hooks,
    addonmanager.safecall,
    addonmanager.traverse,
    hooks.Hook,
)


@dataclass(slots=True, eq=False)
class _Listener:
    """One add-on that has, or may come to have, the hook. ``group`` is its place in the chain."""

    group: int
    addon: Any
    call: Callable[..., Any] | None
    """None: looked up at each call."""
    waits: bool
    """A coroutine function: must run in a task."""
    guard: Callable[[Any], bool] | None


class Dispatch:
    """Who listens to what. ``without_idle`` leaves out built-in add-ons that have nothing to do."""

    def __init__(self, manager: addonmanager.AddonManager, *, without_idle: bool = True) -> None:
        self._manager = manager
        self._options = manager.master.options
        self._without_idle = without_idle
        self._tables: dict[str, tuple[_Listener, ...]] = {}
        self._plain: dict[tuple[str, ...], bool] = {}
        self._chain: list[Any] = []
        self._has_foreign = True
        self._steady = False
        self._children: list[tuple[Any, list[Any]]] = []
        self._fields: dict[type, tuple[str, ...]] = {}
        self._options.changed.connect(self._forget)

    def _forget(self, *_: object, **__: object) -> None:
        self._tables.clear()
        self._plain.clear()

    def close(self) -> None:
        self._options.changed.disconnect(self._forget)

    # --- what AddonManager does

    def begin(self, event: hooks.Hook, *message: Any) -> Coroutine[Any, Any, None] | None:
        """Asks the listeners until one must be awaited; then gives what is left to do, else None. ``message`` is what
        the hook is about, where that is known already."""
        listeners = self.listeners(event.name)
        if not listeners:
            return None
        return self._from(0, _NO_GROUP, listeners, event, message or self.arguments(event))

    def message(self, event: hooks.Hook) -> Any:
        """The one thing that a hook of the proxy is about."""
        return getattr(event, self._names(event)[0])

    async def trigger_event(self, event: hooks.Hook) -> None:
        if (rest := self.begin(event)) is not None:
            await rest

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        await self.trigger_event(event)
        message = self.arguments(event)[0]
        if isinstance(message, flow.Flow):
            await self.trigger_event(hooks.UpdateHook([message]))

    def is_heard(self, hook: str) -> bool:
        """Whether any add-on has the hook now."""
        return any(one.call is not None or _hook_of(one.addon, hook) is not None for one in self.listeners(hook))

    def are_plain(self, *names: str) -> bool:
        """Whether all who hear these hooks are known, and none of them need be awaited."""
        self.listeners(names[0])
        known = self._plain.get(names)
        if known is None or self._has_foreign:
            known = self._plain[names] = not any(
                one.waits or (one.call is None and _hook_of(one.addon, name) is not None)
                for name in names
                for one in self.listeners(name)
            )
        return known

    def hear(self, kind: Callable[[Any], hooks.Hook], name: str, message: Any) -> None:
        """``name`` is the hook's of this ``kind``. Raises RuntimeError where ``are_plain`` was not asked, or was told
        wrong."""
        if self.listeners(name) and (rest := self.begin(kind(message), message)) is not None:
            rest.close()
            raise RuntimeError(f"{name} must be awaited")

    # --- inside

    def _names(self, event: hooks.Hook) -> tuple[str, ...]:
        names = self._fields.get(type(event))
        if names is None:
            names = self._fields[type(event)] = tuple(field.name for field in fields(event))  # type: ignore[arg-type]
        return names

    def arguments(self, event: hooks.Hook) -> tuple[Any, ...]:
        return tuple([getattr(event, name) for name in self._names(event)])

    def look(self) -> None:
        """Once for a step of the proxy: of the built-in add-ons none puts another in or takes one out while flows pass,
        so that what is found now holds for all hooks of the step. ``done_looking`` ends it."""
        self.listeners("running")
        self._steady = not self._has_foreign

    def done_looking(self) -> None:
        self._steady = False

    def listeners(self, hook: str) -> tuple[_Listener, ...]:
        if self._steady and (known := self._tables.get(hook)) is not None:
            return known
        if self._chain != self._manager.chain:
            self._look_at_chain()
        for parent, seen in self._children:
            if parent.addons != seen and list(parent.addons) != seen:
                self._look_at_chain()
                break
        found = self._tables.get(hook)
        if found is None:
            found = self._tables[hook] = self._table(hook)
        return found

    def _look_at_chain(self) -> None:
        self._forget()
        self._chain = list(self._manager.chain)
        every = list(addonmanager.traverse(self._chain))
        self._children = [(addon, list(addon.addons)) for addon in every if hasattr(addon, "addons")]
        self._has_foreign = not all(idle.is_builtin(addon) for addon in every)

    def _table(self, hook: str) -> tuple[_Listener, ...]:
        found = []
        for group, top in enumerate(self._chain):
            for addon in addonmanager.traverse([top]):
                if not idle.is_builtin(addon):
                    found.append(_Listener(group, addon, None, False, None))
                elif (call := _hook_of(addon, hook)) is not None:
                    if self._without_idle and idle.is_idle(addon, hook, self._options):
                        continue
                    guard = idle.guard(addon, hook, self._options) if self._without_idle else None
                    found.append(_Listener(group, addon, call, inspect.iscoroutinefunction(call), guard))
        return tuple(found)

    def _from(
        self, start: int, failed: int, listeners: tuple[_Listener, ...], event: hooks.Hook, arguments: tuple[Any, ...]
    ) -> Coroutine[Any, Any, None] | None:
        for at in range(start, len(listeners)):
            listener = listeners[at]
            if listener.group == failed:
                continue
            try:
                call, waits = listener.call, listener.waits
                if call is None:
                    call = _hook_of(listener.addon, event.name)
                    if call is None:
                        continue
                    waits = inspect.iscoroutinefunction(call)
                elif listener.guard is not None and not listener.guard(*arguments):
                    continue
                if waits:
                    return self._wait(None, at, listeners, event)
                answer = call(*arguments)
                if answer is not None and inspect.isawaitable(answer):
                    return self._wait(answer, at, listeners, event)
            except exceptions.AddonHalt:
                return None
            except exceptions.OptionsError:
                raise
            except Exception as error:
                _complain(error)
                failed = listener.group
        return None

    async def _wait(self, answer: Any, at: int, listeners: tuple[_Listener, ...], event: hooks.Hook) -> None:
        """Awaits the listener at ``at`` (its ``answer``, where it has been called) and goes on behind it."""
        listener, failed = listeners[at], _NO_GROUP
        try:
            if answer is None:
                call = listener.call or _hook_of(listener.addon, event.name)
                answer = None if call is None else call(*self.arguments(event))
            if answer is not None and inspect.isawaitable(answer):
                await answer
        except exceptions.AddonHalt:
            return
        except exceptions.OptionsError:
            raise
        except Exception as error:
            _complain(error)
            failed = listener.group
        if (rest := self._from(at + 1, failed, listeners, event, self.arguments(event))) is not None:
            await rest


def _hook_of(addon: Any, hook: str) -> Callable[..., Any] | None:
    """Raises AddonManagerError when the add-on has something by the hook's name that cannot be called."""
    call = getattr(addon, hook, None)
    if not call or isinstance(call, types.ModuleType):
        return None
    if not callable(call):
        raise exceptions.AddonManagerError(f"Addon handler {hook} ({addon}) not callable")
    checked: Callable[..., Any] = call
    return checked


def _complain(error: Exception) -> None:
    """As ``safecall`` does, with the traceback from the add-on on."""
    trace = error.__traceback__
    trace = trace.tb_next if trace is not None and trace.tb_next is not None else trace
    addonmanager.logger.error(f"Addon error: {error}", exc_info=(type(error), error, trace))
