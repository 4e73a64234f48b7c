"""The journal of one gateway: a file, and memory where there is no file or it cannot be written.

::

    append ──► main (file) ──┐
       │ disk full, ...      ├──► backlogs() ──► workers of the destinations
       └─────► spare (memory)┘
               moved to the file as soon as it can be written again

Traffic never waits for it. What is wrong with a file is told once; a damaged one is renamed and a new one begun,
somebody else's is left alone and ours made beside it, one that another gateway holds is its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agw.destinations.trouble import Trouble
from agw.journal import opening, retention
from agw.journal.memory import MemoryStore
from agw.journal.retention import Keep
from agw.journal.signing import Signer, signer_in
from agw.journal.store import Store
from agw.record import Call, CallRecord

__all__ = ["Journal", "Keep"]

AGAIN_S = 15.0
"""How long a file that cannot be written is left alone."""
CHECKPOINT_S = 60.0
_MOVE_ROWS = 200
_STEPS_AT_ONCE = 8
"""Of retention: more than come in meanwhile, and over before anybody notices."""
_UNUSABLE = (OSError, sqlite3.Error, opening.Damaged, opening.Foreign)


class Journal:
    """``path`` None keeps calls in memory only. ``append`` and ``idle`` belong to one thread (the recorder's)."""

    def __init__(
        self,
        path: Path | None,
        *,
        keep: Keep = Keep(),  # noqa: B008 frozen
        on_trouble: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._wanted = path
        self._keep = keep
        self._tell = on_trouble
        self._clock, self._wall_ns = clock, wall_ns
        self._trouble = Trouble(on_trouble, clock)
        self._destinations: tuple[str, ...] = ()
        self._on_growth: Callable[[], None] = lambda: None
        self._main: Store | None = None
        self._spare = MemoryStore(wall_ns=wall_ns)
        self._adopted: list[Store] = []
        self._again_at: float | None = None
        self._checkpoint_at = clock() + CHECKPOINT_S
        self.pruned_unsent = 0
        """Calls that retention cut before a destination had got them."""
        if path is not None:
            self._open(first=True)

    # --- what destinations see

    def backlogs(self) -> Sequence[Store]:
        return [*self._adopted, *((self._main,) if self._main is not None else ()), self._spare]

    def serve(self, destinations: Sequence[str], on_growth: Callable[[], None]) -> None:
        """These destinations read it from now on; ``on_growth`` wakes them."""
        self._destinations, self._on_growth = tuple(destinations), on_growth
        for name in destinations:
            self._spare.serve(name)
            if self._main is not None:
                self._main.serve(name)
        self._spare.destinations = self._destinations

    @property
    def path(self) -> Path | None:
        """The file that is written to now; None while it is memory."""
        return None if self._main is None else self._main.path

    @property
    def lost(self) -> int:
        """Calls that are not on record: no room in memory, or nothing that could be written."""
        return self._spare.refused + sum(store.unwritable for store in self.backlogs())

    # --- the recorder's thread

    def append(self, begun: Sequence[Call], records: Sequence[CallRecord]) -> None:
        """Never raises for what is wrong with the disk."""
        if self._main is not None:
            try:
                self._main.append(begun, records)
            except sqlite3.Error as error:
                self._failing(error)
                if self._main is not None:
                    # Damage was set aside and a new file begun.
                    return self.append(begun, records)
                self._spare_append(records)
        else:
            self._spare_append(records)
        if records:
            self._on_growth()
        return None

    def idle(self) -> None:
        """A little of what is to be done beside appending. Never raises for what is wrong with the disk."""
        if self._main is None:
            if self._wanted is not None and self._again_at is not None and self._clock() >= self._again_at:
                self._open(first=False)
            return
        try:
            if self._main.trouble is not None:
                raise self._main.trouble
            self._main.flush()
            if self._clock() >= self._checkpoint_at:
                self._checkpoint_at = self._clock() + CHECKPOINT_S
                self._main.checkpoint()
            self._prune(self._main)
            self._let_go_of_adopted()
        except sqlite3.Error as error:
            self._failing(error)

    def close(self) -> None:
        for store in self.backlogs():
            store.close()

    # --- opening, and what may go wrong

    def _open(self, *, first: bool) -> None:
        assert self._wanted is not None
        self._again_at = None
        try:
            self._wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            store = self._open_first_free(self._wanted, first=first)
            store.close_under_way()
            for name in self._destinations:
                store.serve(name)
        except _UNUSABLE as error:
            self._again_at = self._clock() + AGAIN_S
            self._trouble.failed(
                f"the journal {self._wanted} cannot be written ({_reason(error)}): calls are served and sent, but kept "
                "in memory only until it can"
            )
            return
        self._main = store
        if first:
            self._adopt()
        try:
            self._move_spare()
        except sqlite3.Error as error:
            self._failing(error)
        else:
            self._trouble.ended(f"the journal {store.path} is written again")

    def _open_first_free(self, wanted: Path, *, first: bool) -> Store:
        for number in range(1, opening.MAX_BESIDE + 1):
            path = opening.beside(wanted, number)
            lock = opening.lock(path)
            if lock is None:
                continue
            try:
                store = self._open_or_renew(path, lock)
            except opening.Foreign as error:
                lock.release()
                if first:
                    self._tell(f"{path} is not this gateway's journal ({error}); it is left as it is")
                continue
            except BaseException:
                lock.release()
                raise
            if number > 1 and first:
                self._tell(f"{wanted} is in use or not ours: this gateway's journal is {path}")
            return store
        raise OSError(f"no free journal beside {wanted}")

    def _open_or_renew(self, path: Path, lock: opening.Lock) -> Store:
        signer = self._signer(path.parent)
        try:
            return Store(path, lock=lock, signer=signer, wall_ns=self._wall_ns)
        except (opening.Damaged, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.Error) and not opening.is_damage(error):
                raise
            aside = opening.set_aside(path)
            self._tell(f"the journal {path} is damaged ({error}); it was renamed to {aside.name} and a new one begun")
            return Store(path, lock=lock, signer=signer, wall_ns=self._wall_ns)

    def _signer(self, folder: Path) -> Signer | None:
        try:
            return signer_in(folder)
        except (OSError, ValueError) as error:
            self._tell(f"the audit trail is not signed: its key cannot be used ({_reason(error)})")
            return None

    def _failing(self, error: sqlite3.Error) -> None:
        """The file could not be written or read: memory takes over, or a new file where this one is damaged."""
        store, self._main = self._main, None
        if store is None:
            return
        store.abandon()
        if opening.is_damage(error) and store.path is not None:
            try:
                aside = opening.set_aside(store.path)
                self._tell(f"the journal {store.path} is damaged; it was renamed to {aside.name} and a new one begun")
            except OSError:
                pass
            self._open(first=False)
            return
        self._again_at = self._clock() + AGAIN_S
        self._trouble.failed(
            f"the journal {store.path} cannot be written ({_reason(error)}): calls are served and sent, but kept in "
            "memory only until it can"
        )

    def _spare_append(self, records: Sequence[CallRecord]) -> None:
        if refused := self._spare.append_bounded(records):
            self._trouble.failed(f"{refused} calls are not on record: memory for them is full; {self.lost} so far")

    def _move_spare(self) -> None:
        """What memory holds goes to the file, and is not sent again where it was sent."""
        main, spare = self._main, self._spare
        if main is None:
            return
        while rows := spare.read("", 0, _MOVE_ROWS, 1 << 24):
            for row in rows:
                if row.record is None:
                    continue
                sent = [name for name in self._destinations if spare.position(name) >= row.seq]
                if main.append((), [row.record]):
                    for name in sent:
                        main.park(name, main.newest(), None)
            spare.drop_through(rows[-1].seq)

    def _prune(self, store: Store) -> None:
        for _ in range(_STEPS_AT_ONCE):
            cut = retention.step(store, self._keep, self._wall_ns(), self._destinations)
            for name, count in cut.unsent:
                self.pruned_unsent += count
                self._trouble.failed(f"{count} calls were cut by retention before {name} had got them")
            if not cut.more:
                return

    # --- what other runs left

    def _adopt(self) -> None:
        """Journals of gateways that ran beside another one and are gone: what they had not sent is sent from here."""
        assert self._wanted is not None and self._main is not None
        for path in opening.gateways(self._wanted):
            lock = None if path == self._main.path else opening.lock(path)
            if lock is None:
                continue
            try:
                store = Store(path, lock=lock, signer=self._signer(path.parent), wall_ns=self._wall_ns)
                store.close_under_way()
            except _UNUSABLE:
                lock.release()
                continue
            self._adopted.append(store)

    def _let_go_of_adopted(self) -> None:
        for store in list(self._adopted):
            store.flush()
            if all(store.position(name) >= store.newest() for name in self._destinations):
                self._adopted.remove(store)
                store.close()


def _reason(error: BaseException) -> str:
    return (error.strerror or "").lower() or str(error) if isinstance(error, OSError) else str(error)
