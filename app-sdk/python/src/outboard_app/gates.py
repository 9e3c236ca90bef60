"""Asking the hooks besides a message's own, each by the type of what it is about.

Wraps payloads, for asyncio and for threads alike. Refuses to know how they are asked.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from outboard_app.wire import common

Answer = TypeVar("Answer", covariant=True)


class _Asks(Protocol[Answer]):
    def intercept(
        self, payload: common.HookPayload, *, workspace: str = "", budget: float | None = None
    ) -> Answer: ...


class Gates(Generic[Answer]):
    """For a class with `intercept`; each method gives what that gives."""

    def before_render(
        self: _Asks[Answer],
        batch: common.Batch,
        *,
        workspace: str = "",
        budget: float | None = None,
    ) -> Answer:
        """Asks how messages are to be shown to one reader."""
        payload = common.HookPayload(before_render=batch)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_reaction(
        self: _Asks[Answer],
        reaction: common.Reaction,
        *,
        workspace: str = "",
        budget: float | None = None,
    ) -> Answer:
        """Asks whether a reaction may be added."""
        payload = common.HookPayload(before_reaction=reaction)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_upload(
        self: _Asks[Answer],
        upload: common.Upload,
        *,
        workspace: str = "",
        budget: float | None = None,
    ) -> Answer:
        """Asks whether a file may be stored. Its content stays here: leave `content` 0."""
        payload = common.HookPayload(before_upload=upload)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_join(
        self: _Asks[Answer], join: common.Join, *, workspace: str = "", budget: float | None = None
    ) -> Answer:
        """Asks whether somebody may join a channel."""
        payload = common.HookPayload(before_join=join)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_login(
        self: _Asks[Answer],
        login: common.Login,
        *,
        workspace: str = "",
        budget: float | None = None,
    ) -> Answer:
        """Asks whether somebody may log in."""
        payload = common.HookPayload(before_login=login)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_create(
        self: _Asks[Answer],
        draft: common.ChannelDraft,
        *,
        workspace: str = "",
        budget: float | None = None,
    ) -> Answer:
        """Asks whether a channel may be created."""
        payload = common.HookPayload(before_create=draft)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def custom(
        self: _Asks[Answer],
        hook: str,
        json: str,
        *,
        workspace: str = "",
        budget: float | None = None,
    ) -> Answer:
        """Asks a hook that this app made up, `x.<app>.<name>`, named in `hooks`."""
        payload = common.HookPayload(custom=common.Custom(name=hook, json=json))
        return self.intercept(payload, workspace=workspace, budget=budget)
