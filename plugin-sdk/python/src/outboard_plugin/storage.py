"""What a plugin keeps in the daemon, so that it outlives the process. Values are JSON.

Refuses to know where it is kept.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

from outboard_plugin.cause import Cause
from outboard_plugin.link import Link
from outboard_plugin.wire import wire

_US = 1_000_000


class Entry(NamedTuple):
    """A key and what it holds."""

    key: str
    #: Read from JSON, or a counter's number; None where it was not asked for.
    value: Any
    #: Greater with each change of anything in this storage.
    revision: int
    #: Seconds since the epoch; None = never.
    expires: float | None
    secret: bool


class Written(NamedTuple):
    """What became of one change."""

    #: 0 = nothing was there to delete.
    revision: int
    existed: bool
    #: What the counter holds now.
    counter: int


class News(NamedTuple):
    """Something has changed under a watched prefix."""

    #: `set`, `deleted`, `expired`; or `gap`: read again what matters.
    kind: str
    key: str
    revision: int


class Change(NamedTuple):
    """One of the changes of a batch."""

    wire: wire.StorageChange

    @classmethod
    def set(
        cls,
        key: str,
        value: object,
        *,
        ttl: float | None = None,
        if_revision: int | None = None,
        secret: bool = False,
    ) -> Change:
        """The key holds this from now on, for `ttl` seconds; see `Storage.set`."""
        of = wire.StorageSet(
            key=key,
            value=_encoded(value),
            ttl_us=_span(ttl),
            if_revision=if_revision,
            secret=secret,
        )
        return cls(wire.StorageChange(set=of))

    @classmethod
    def delete(cls, key: str, *, if_revision: int | None = None) -> Change:
        """The key is gone."""
        of = wire.StorageDelete(key=key, if_revision=if_revision)
        return cls(wire.StorageChange(delete=of))

    @classmethod
    def increment(cls, key: str, by: int = 1, *, ttl: float | None = None) -> Change:
        """The counter is greater by this. `ttl` counts only where this makes the counter."""
        of = wire.StorageIncrement(key=key, by=by, ttl_us=_span(ttl))
        return cls(wire.StorageChange(increment=of))


class Storage:
    """Keys and values of this plugin alone.

    Raises HostError, such as `STORAGE_FULL`; `durable=True` waits until a write would outlive a
    loss of power.
    """

    def __init__(self, link: Link, cause: Cause) -> None:
        self._link = link
        self._cause = cause

    async def get(self, key: str, default: Any = None) -> Any:
        """What the key holds: the value, or a counter's number."""
        entry = await self.read(key)
        return default if entry is None else entry.value

    async def read(self, key: str) -> Entry | None:
        """The same with its revision, for a later `if_revision`."""
        request = wire.StorageGetRequest(key=key)
        found = await self._link.ask("Storage/Get", request, wire.StorageGetResponse, self._cause)
        return _entry(found.entry) if found.HasField("entry") else None

    async def set(
        self,
        key: str,
        value: object,
        *,
        ttl: float | None = None,
        if_revision: int | None = None,
        secret: bool = False,
        durable: bool = False,
    ) -> int:
        """The key holds this from now on; its revision.

        For `ttl` seconds, if given. With `if_revision` only if the key still has that one, 0 = only
        if there is no such key; else HostError `STORAGE_CONFLICT`. `secret` encrypts it at rest.
        """
        change = Change.set(key, value, ttl=ttl, if_revision=if_revision, secret=secret)
        return (await self.batch([change], durable=durable))[0].revision

    async def delete(
        self, key: str, *, if_revision: int | None = None, durable: bool = False
    ) -> bool:
        """The key is gone. Whether there was one."""
        change = Change.delete(key, if_revision=if_revision)
        return (await self.batch([change], durable=durable))[0].existed

    async def increment(
        self, key: str, by: int = 1, *, ttl: float | None = None, durable: bool = False
    ) -> int:
        """Adds to a counter, which begins at 0; what it holds now."""
        change = Change.increment(key, by, ttl=ttl)
        return (await self.batch([change], durable=durable))[0].counter

    async def batch(self, changes: Iterable[Change], *, durable: bool = False) -> Sequence[Written]:
        """Makes all of them, in order, or none. At most 128."""
        request = wire.StorageBatchRequest(
            changes=[change.wire for change in changes], durable=durable
        )
        answer = await self._link.ask(
            "Storage/Batch", request, wire.StorageBatchResponse, self._cause
        )
        return [Written(it.revision, it.existed, it.counter) for it in answer.written]

    async def list(self, prefix: str = "") -> AsyncIterator[Entry]:
        """Everything under a prefix, in the order of the keys. Values of secrets are None."""
        async for entry in self._pages(wire.StorageListRequest(prefix=prefix)):
            yield _entry(entry)

    async def keys(self, prefix: str = "") -> AsyncIterator[str]:
        """The keys under a prefix, in order."""
        async for entry in self._pages(wire.StorageListRequest(prefix=prefix, keys_only=True)):
            yield entry.key

    async def watch(self, prefix: str = "") -> AsyncIterator[News]:
        """What changes under a prefix from now on, whoever changes it. Never ends by itself."""
        request = wire.StorageWatchRequest(prefix=prefix)
        heard = self._link.listen("Storage/Watch", request, wire.StorageNews, self._cause)
        async for news in heard:
            kind = news.WhichOneof("kind")
            if kind == "changed":
                changed = news.changed
                name = wire.StorageChangeKind.Name(changed.kind)
                word = name.removeprefix("STORAGE_CHANGE_KIND_").lower()
                yield News(word, changed.key, changed.revision)
            elif kind == "gap":
                yield News("gap", "", 0)

    async def usage(self) -> wire.StorageUsage:
        """How much is kept, and how much may be."""
        request = wire.StorageUsageRequest()
        return await self._link.ask("Storage/Usage", request, wire.StorageUsage, self._cause)

    async def _pages(self, request: wire.StorageListRequest) -> AsyncIterator[wire.StorageEntry]:
        while True:
            page = await self._link.ask(
                "Storage/List", request, wire.StorageListResponse, self._cause
            )
            for entry in page.entries:
                yield entry
            if not page.next:
                return
            request.after = page.next


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(entry: wire.StorageEntry) -> Entry:
    expires = entry.expires_at_us / _US if entry.expires_at_us else None
    return Entry(entry.key, _value(entry), entry.revision, expires, entry.secret)


def _value(entry: wire.StorageEntry) -> Any:
    of = entry.WhichOneof("of")
    if of == "counter":
        return entry.counter
    if of is None:
        return None
    try:
        return json.loads(entry.value)
    except ValueError:
        raise ValueError(f"{entry.key!r} holds no JSON") from None


def _span(seconds: float | None) -> int:
    # No time at all would mean for ever.
    return 0 if seconds is None else max(1, int(seconds * _US))
