"""Forms that a reply opens, for the person who acted.

Refuses to check values: the daemon has done that when they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from outboard_plugin.wire import shown

#: What may be chosen: values, or values with what people read.
Options = Iterable[str] | Mapping[str, str]

FieldKind = Literal["string", "text", "integer", "number", "boolean", "select", "user", "channel"]


class Field:
    """A field of a form.

    A `string` has one line, a `text` several. `min` and `max` are those of a number, or the
    characters of a text. `options` are a select's. `initial` is what it holds at first: a text, a
    number, True, a value, an id.
    """

    __slots__ = ("wire",)

    def __init__(
        self,
        id: str,
        label: str,
        kind: FieldKind = "string",
        *,
        required: bool = False,
        min: float | None = None,
        max: float | None = None,
        options: Options = (),
        initial: str | float | None = None,
        placeholder: str = "",
        description: str = "",
    ) -> None:
        self.wire = shown.ModalField(
            id=id,
            label=label,
            kind=f"MODAL_FIELD_KIND_{kind.upper()}",
            required=required,
            min=min,
            max=max,
            options=options_of(options),
            initial=_initial(initial),
            placeholder=placeholder,
            description=description,
        )


class Modal:
    """A form for the person who acted; what they fill in comes to `@plugin.modal(id)`.

    Without fields it only says `text`; with `component` it shows that component of the plugin's, at
    position `modal`. `state` comes back with the values, at most 4 KiB; people do not see it.
    """

    __slots__ = ("wire",)

    def __init__(
        self,
        id: str,
        title: str,
        fields: Iterable[Field] = (),
        *,
        text: str = "",
        submit: str = "",
        state: str = "",
        component: str = "",
    ) -> None:
        self.wire = shown.Modal(
            id=id,
            title=title,
            fields=[field.wire for field in fields],
            text=text,
            submit=submit,
            state=state,
            component=component,
        )

    @classmethod
    def from_wire(cls, wire: shown.Modal) -> Modal:
        modal = cls("", "")
        modal.wire = wire
        return modal

    @property
    def id(self) -> str:
        """The plugin's name for it."""
        return self.wire.id

    @property
    def fields(self) -> Sequence[str]:
        """Its fields' ids, in their order."""
        return [field.id for field in self.wire.fields]


def options_of(options: Options) -> list[shown.UiOption]:
    """What may be chosen, as the wire has it."""
    if isinstance(options, Mapping):
        return [shown.UiOption(value=value, label=label) for value, label in options.items()]
    return [shown.UiOption(value=value) for value in options]


def _initial(value: str | float | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
