"""What a plugin shows in the app, beyond its manifest and from now on.

Refuses to check it: the daemon does, and says what is wrong. How it looks is the app's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from outboard_plugin.cause import Cause
from outboard_plugin.forms import Options, options_of
from outboard_plugin.link import Link
from outboard_plugin.wire import showing, shown

Position = Literal["sidebar", "channel_header", "message_footer", "composer", "settings", "modal"]

TextStyle = Literal["", "heading", "note", "strong", "code"]

ButtonStyle = Literal["", "primary", "danger"]


class Blocks:
    """What a component says: a column of blocks. All text is shown as it is.

    Each method gives the blocks with one more: `Blocks().text("4 so far").button("More", "press")`.
    """

    __slots__ = ("wire",)

    def __init__(self, wire: shown.UiBlocks | None = None) -> None:
        self.wire = wire or shown.UiBlocks()

    def text(self, text: str, style: TextStyle = "") -> Blocks:
        """Adds a text."""
        return self._and(text=shown.UiText(text=text, style=_style(style)))

    def heading(self, text: str) -> Blocks:
        """Adds a heading."""
        return self.text(text, "heading")

    def note(self, text: str) -> Blocks:
        """Adds something less important."""
        return self.text(text, "note")

    def button(
        self,
        label: str,
        action: str,
        *,
        value: str = "",
        note: str = "",
        percent: int = 0,
        style: ButtonStyle = "",
    ) -> Blocks:
        """Adds something to press that does `action`, which `value` comes back with.

        `note` is small at its other end, and it is drawn filled as far as `percent`. `primary` is
        what most people want, `danger` cannot be taken back.
        """
        button = shown.UiButton(
            label=label,
            action=action,
            value=value,
            note=note,
            percent=percent,
            style=_style(style),
        )
        return self._and(button=button)

    def link(self, label: str, url: str) -> Blocks:
        """Adds a button that leads to a page, `https://…`."""
        return self._and(button=shown.UiButton(label=label, url=url))

    def section(self, title: str, blocks: Blocks) -> Blocks:
        """Adds blocks under a title of their own, which may be empty."""
        return self._and(section=shown.UiSection(title=title, blocks=blocks.wire.blocks))

    def row(self, blocks: Blocks) -> Blocks:
        """Adds blocks beside one another."""
        return self._and(section=shown.UiSection(row=True, blocks=blocks.wire.blocks))

    def image(self, source: str, alt: str) -> Blocks:
        """Adds an image: `https://…`, `data:image/…` or `asset:web/logo.png`. `alt` tells of it."""
        return self._and(image=shown.UiImage(source=source, alt=alt))

    def input(
        self,
        id: str,
        label: str,
        *,
        placeholder: str = "",
        initial: str = "",
        multiline: bool = False,
        most: int = 0,
    ) -> Blocks:
        """Adds a field for text, of `most` characters; it comes with the component's actions."""
        field = shown.UiInput(
            id=id,
            label=label,
            placeholder=placeholder,
            initial=initial,
            multiline=multiline,
            most=most,
        )
        return self._and(input=field)

    def select(
        self, id: str, label: str, options: Options, *, initial: str = "", action: str = ""
    ) -> Blocks:
        """Adds a choice among values, or values with labels; with an `action` it acts at once."""
        choice = shown.UiSelect(
            id=id, label=label, options=options_of(options), initial=initial, action=action
        )
        return self._and(select=choice)

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Blocks:
        """Adds a table; cells that are no text are made one."""
        lines = [shown.UiRow(cells=[str(cell) for cell in row]) for row in rows]
        return self._and(table=shown.UiTable(columns=columns, rows=lines))

    def says(self, text: str) -> bool:
        """Whether a text, a label, a cell or a note among them holds this: for tests."""
        return any(text in said for said in _said(self.wire.blocks))

    def _and(self, **block: Any) -> Blocks:
        blocks = shown.UiBlocks()
        blocks.CopyFrom(self.wire)
        blocks.blocks.append(shown.UiBlock(**block))
        return Blocks(blocks)


class When(NamedTuple):
    """Who sees something, and where; empty is everyone, and everywhere."""

    #: The person has one of these.
    roles: Sequence[str] = ()
    #: Globs over channels' names, or `id:` and an id.
    channels: Sequence[str] = ()
    #: `channel`, `direct` or `group`.
    kinds: Sequence[str] = ()


class Component:
    """Something to show that no manifest names, with `ctx.ui.show`."""

    __slots__ = ("wire",)

    def __init__(
        self,
        id: str,
        position: Position,
        title: str,
        blocks: Blocks | None = None,
        *,
        icon: str = "",
        when: When | None = None,
    ) -> None:
        """A component of blocks; `icon` is one or two characters, or `asset:web/icon.png`."""
        of = shown.UiContribution(
            id=id,
            position=f"UI_POSITION_{position.upper()}",
            title=title,
            icon=icon,
            blocks=(blocks or Blocks()).wire,
        )
        if when is not None:
            of.when.CopyFrom(shown.UiWhen(**when._asdict()))
        self.wire = showing.UiRegisterRequest(contribution=of)

    @classmethod
    def page(
        cls,
        id: str,
        position: Position,
        title: str,
        entry: str,
        data: object = None,
        *,
        icon: str = "",
        when: When | None = None,
    ) -> Component:
        """A page of its own: an HTML file among the plugin's assets, which is told `data` first."""
        page = cls(id, position, title, icon=icon, when=when)
        page.wire.contribution.web.entry = entry
        page.wire.data = "" if data is None else json.dumps(data)
        return page

    @classmethod
    def entry(
        cls,
        id: str,
        position: Position,
        title: str,
        action: str,
        *,
        icon: str = "",
        when: When | None = None,
    ) -> Component:
        """An entry of a menu."""
        entry = cls(id, position, title, icon=icon, when=when)
        entry.wire.contribution.item.action = action
        return entry


class Ui:
    """What this plugin shows. Raises HostError: `BAD_CONTRIBUTION`, `UNKNOWN_CONTRIBUTION`."""

    def __init__(self, link: Link, cause: Cause) -> None:
        self._link = link
        self._cause = cause

    async def update(self, component: str, blocks: Blocks) -> int:
        """Changes what a component says; the content's revision.

        Apps are told a few times a second at most, of the latest.
        """
        return await self._update(showing.UiUpdateRequest(id=component, blocks=blocks.wire))

    async def tell_page(self, component: str, data: object) -> int:
        """Tells a page of its own what its `outboard.onUpdate` is called with: any JSON."""
        return await self._update(showing.UiUpdateRequest(id=component, data=json.dumps(data)))

    async def show(self, component: Component) -> None:
        """Shows something more, of a kind and as many as the manifest's `dynamic = true` says.

        After a restart it is to be shown again, best in the start handler.
        """
        request, answer = component.wire, showing.UiRegistered
        await self._link.ask("Ui/Register", request, answer, self._cause)

    async def remove(self, component: str) -> None:
        """Takes away what was shown with `show`. What the manifest shows stays."""
        request = showing.UiRemoveRequest(id=component)
        await self._link.ask("Ui/Remove", request, showing.UiRemoved, self._cause)

    async def _update(self, request: showing.UiUpdateRequest) -> int:
        updated = await self._link.ask("Ui/Update", request, showing.UiUpdated, self._cause)
        return updated.revision


def _style(name: str) -> str:
    return f"UI_STYLE_{name.upper() or 'UNSPECIFIED'}"


def _said(blocks: Iterable[shown.UiBlock]) -> Iterable[str]:
    for block in blocks:
        kind = block.WhichOneof("of")
        if kind == "text":
            yield block.text.text
        elif kind == "button":
            yield from (block.button.label, block.button.note)
        elif kind == "section":
            yield block.section.title
            yield from _said(block.section.blocks)
        elif kind == "table":
            yield from (cell for row in block.table.rows for cell in row.cells)
