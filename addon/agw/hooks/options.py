"""The gateway's options, and what was given for them, checked before mitmproxy takes it.

mitmproxy lays a script's options aside until the script has named them, and reads them in the middle of loading it.
What it cannot read there ends the loading without a word, and the proxy then opens its default port with no gateway
in it.
"""

from __future__ import annotations

import difflib
import logging
import os

from mitmproxy import addonmanager, exceptions
from mitmproxy.optmanager import OptManager, _UnconvertedStrings
from mitmproxy.utils import typecheck

from agw.journal import Keep
from agw.journal.place import default_folder

_PREFIX = "agw"
_COUNTS = ("agwkeepdays", "agwkeepmb", "agwkeep", "agwdrain")


def declare(loader: addonmanager.Loader) -> None:
    loader.add_option("agwconfig", str, "", "The gateway's config file (agentgateway-compatible YAML).")
    loader.add_option("agwlog", bool, True, "Print one readable line for every finished call.")
    loader.add_option("agwfastpath", bool, True, "Take mitmproxy's own overhead off every call's way.")
    state = default_folder(os.environ)
    loader.add_option("agwstate", str, state, "Folder of the journal of all calls; empty: memory only.")
    loader.add_option("agwkeepdays", int, Keep().days, "Days for which the journal keeps calls; 0: for ever.")
    loader.add_option("agwkeepmb", int, Keep().megabytes, "Size that the journal may have, in MiB; 0: any.")
    loader.add_option(
        "agwkeep",
        int,
        5000,
        "How many flows mitmweb and the console keep, the oldest going first; 0 keeps all. "
        "What a person has marked stays.",
    )
    loader.add_option("agwbreak", str, "", "Hold the calls for which this CEL expression is true, to be edited.")
    loader.add_option("agwdrain", int, 10, "Seconds that calls under way may take to end after SIGTERM.")
    loader.add_option("agwquiet", bool, False, "Leave out mitmproxy's own lines on connections.")


def take_unreadable(options: OptManager) -> list[str]:
    """Takes out what mitmproxy would fail over, other scripts' options too, and says what is wrong with each."""
    told = []
    for name, given in list(options.deferred.items()):
        problem = _problem(options, name, given)
        if problem is not None:
            del options.deferred[name]
            told.append(f"--set {name}: {problem}")
    return told


def _problem(options: OptManager, name: str, given: object) -> str | None:
    if name not in options:
        if not name.startswith(_PREFIX):
            return None
        ours = [one for one, _ in options.items() if one.startswith(_PREFIX)]
        close = difflib.get_close_matches(name, ours, n=1)
        return f"there is no such option; {'is it ' + close[0] if close else 'there are ' + ', '.join(sorted(ours))}"
    option = options._options[name]
    try:
        if isinstance(given, _UnconvertedStrings):
            if len(given.val) > 1 and option.typespec in (str, int, bool):
                return f"given {len(given.val)} times; give it once"
            if not given.val and option.typespec in (str, int):
                return f"needs a value: {name}=VALUE"
            given = options._parse_setval(option, given.val)
        typecheck.check_option_type(name, given, option.typespec)
    except exceptions.OptionsError as error:
        return str(error).removeprefix(f"Failed to parse option {name}: ")
    except TypeError:
        # From mitmproxy's config.yaml, whose values have types of their own.
        return f"{given!r} is not of its type"
    return None


def set_log_levels(options: OptManager) -> None:
    logging.getLogger("agw.calls").setLevel(logging.INFO if options.agwlog else logging.WARNING)
    level = logging.WARNING if options.agwquiet else logging.NOTSET
    logging.getLogger("mitmproxy.proxy.server").setLevel(level)


def check_counts(options: OptManager) -> None:
    """Raises OptionsError."""
    for name in _COUNTS:
        if getattr(options, name) < 0:
            raise exceptions.OptionsError(f"{name} is {getattr(options, name)}; write 0 or more")
