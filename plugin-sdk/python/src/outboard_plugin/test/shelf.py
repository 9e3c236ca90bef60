"""A plugin's storage in memory: the daemon's rules, without its disk, quota and encryption.

Time passes when a test says so. Refuses to know permissions.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from outboard_plugin.error import HostError
from outboard_plugin.wire import wire

#: Entries of one page, as in the daemon.
_PAGE = 1_000

#: Some day in 2026: a real time, but always the same one.
_NOW = 1_782_864_000_000_000


class Shelf:
    """What the plugin under test keeps. Tests read and write it as a dict of JSON values."""

    def __init__(self) -> None:
        self._entries: dict[str, wire.StorageEntry] = {}
        self._watchers: list[tuple[str, asyncio.Queue[wire.StorageNews]]] = []
        self._now = _NOW
        self.revision = 0

    # --- As a test sees it --------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        entry = self._entries[key]
        return entry.counter if entry.HasField("counter") else json.loads(entry.value)

    def __setitem__(self, key: str, value: object) -> None:
        change = wire.StorageSet(key=key, value=json.dumps(value).encode())
        self.batch([wire.StorageChange(set=change)])

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def watches(self) -> int:
        """Watches that were begun so far."""
        return len(self._watchers)

    def pass_time(self, seconds: float) -> None:
        """Time passes; what has expired goes."""
        self._now += int(seconds * 1e6)
        for key, entry in list(self._entries.items()):
            if 0 < entry.expires_at_us <= self._now:
                del self._entries[key]
                self._tell(key, entry.revision, wire.STORAGE_CHANGE_KIND_EXPIRED)

    # --- As the daemon answers ----------------------------------------------------------------

    def get(self, key: str) -> wire.StorageGetResponse:
        entry = self._entries.get(key)
        return wire.StorageGetResponse(entry=entry)

    def list(self, request: wire.StorageListRequest) -> wire.StorageListResponse:
        most = min(request.most or _PAGE, _PAGE)
        keys = [key for key in self if key.startswith(request.prefix) and key > request.after]
        response = wire.StorageListResponse(next=keys[most - 1] if len(keys) > most else "")
        for key in keys[:most]:
            entry = response.entries.add()
            entry.CopyFrom(self._entries[key])
            if request.keys_only or entry.secret:
                entry.ClearField("of")
        return response

    def usage(self) -> wire.StorageUsage:
        size = sum(len(it.key) + len(it.value) for it in self._entries.values())
        return wire.StorageUsage(
            bytes=size,
            quota_bytes=64 << 20,
            keys=len(self._entries),
            revision=self.revision,
            secrets=True,
        )

    def batch(self, changes: Any) -> wire.StorageBatchResponse:
        """All of them or none. Raises HostError."""
        before = dict(self._entries), self.revision
        told: list[tuple[str, int, wire.StorageChangeKind]] = []
        try:
            written = [self._change(change, told) for change in changes]
        except HostError:
            self._entries, self.revision = before
            raise
        for news in told:
            self._tell(*news)
        return wire.StorageBatchResponse(written=written)

    def watch(self, prefix: str) -> asyncio.Queue[wire.StorageNews]:
        """News of a prefix; the first says from where on."""
        news: asyncio.Queue[wire.StorageNews] = asyncio.Queue(10_000)
        self._watchers.append((prefix, news))
        news.put_nowait(wire.StorageNews(watching=wire.StorageWatching(revision=self.revision)))
        return news

    def _change(self, change: wire.StorageChange, told: Any) -> wire.StorageWritten:
        if change.HasField("increment"):
            return self._increment(change.increment, told)
        if change.HasField("delete"):
            return self._delete(change.delete, told)
        existed = self._expect(change.set)
        entry = wire.StorageEntry(
            key=change.set.key,
            value=change.set.value,
            expires_at_us=self._end(change.set.ttl_us),
            secret=change.set.secret,
        )
        return self._put(entry, existed, told)

    def _delete(self, delete: wire.StorageDelete, told: Any) -> wire.StorageWritten:
        if not self._expect(delete):
            return wire.StorageWritten()
        del self._entries[delete.key]
        self.revision += 1
        told.append((delete.key, self.revision, wire.STORAGE_CHANGE_KIND_DELETED))
        return wire.StorageWritten(revision=self.revision, existed=True)

    def _increment(self, increment: wire.StorageIncrement, told: Any) -> wire.StorageWritten:
        found = self._entries.get(increment.key)
        if found is not None and not found.HasField("counter"):
            raise HostError("NOT_A_COUNTER", f"{increment.key!r} holds no counter")
        entry = wire.StorageEntry(
            key=increment.key,
            counter=(found.counter if found else 0) + increment.by,
            expires_at_us=found.expires_at_us if found else self._end(increment.ttl_us),
        )
        return self._put(entry, found is not None, told)

    def _put(self, entry: wire.StorageEntry, existed: bool, told: Any) -> wire.StorageWritten:
        self.revision += 1
        entry.revision = self.revision
        self._entries[entry.key] = entry
        told.append((entry.key, self.revision, wire.STORAGE_CHANGE_KIND_SET))
        return wire.StorageWritten(revision=self.revision, existed=existed, counter=entry.counter)

    def _expect(self, change: wire.StorageSet | wire.StorageDelete) -> bool:
        """Whether there is such a key, where that is as expected."""
        if not 0 < len(change.key.encode()) <= 512:
            raise HostError("INVALID", "a key has 1 to 512 bytes")
        found = self._entries.get(change.key)
        revision = found.revision if found else 0
        if change.HasField("if_revision") and change.if_revision != revision:
            raise HostError("STORAGE_CONFLICT", f"{change.key!r} has revision {revision}")
        return found is not None

    def _end(self, ttl_us: int) -> int:
        return self._now + ttl_us if ttl_us else 0

    def _tell(self, key: str, revision: int, kind: wire.StorageChangeKind) -> None:
        changed = wire.StorageChanged(key=key, revision=revision, kind=kind)
        for prefix, news in self._watchers:
            if key.startswith(prefix):
                news.put_nowait(wire.StorageNews(changed=changed))
