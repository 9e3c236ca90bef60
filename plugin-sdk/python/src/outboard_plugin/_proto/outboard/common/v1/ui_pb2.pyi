from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UiPosition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UI_POSITION_UNSPECIFIED: _ClassVar[UiPosition]
    UI_POSITION_SIDEBAR: _ClassVar[UiPosition]
    UI_POSITION_CHANNEL_HEADER: _ClassVar[UiPosition]
    UI_POSITION_MESSAGE_FOOTER: _ClassVar[UiPosition]
    UI_POSITION_COMPOSER: _ClassVar[UiPosition]
    UI_POSITION_SETTINGS: _ClassVar[UiPosition]
    UI_POSITION_MODAL: _ClassVar[UiPosition]

class UiStyle(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UI_STYLE_UNSPECIFIED: _ClassVar[UiStyle]
    UI_STYLE_HEADING: _ClassVar[UiStyle]
    UI_STYLE_NOTE: _ClassVar[UiStyle]
    UI_STYLE_STRONG: _ClassVar[UiStyle]
    UI_STYLE_CODE: _ClassVar[UiStyle]
    UI_STYLE_PRIMARY: _ClassVar[UiStyle]
    UI_STYLE_DANGER: _ClassVar[UiStyle]

class ModalFieldKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODAL_FIELD_KIND_UNSPECIFIED: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_STRING: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_TEXT: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_INTEGER: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_NUMBER: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_BOOLEAN: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_SELECT: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_USER: _ClassVar[ModalFieldKind]
    MODAL_FIELD_KIND_CHANNEL: _ClassVar[ModalFieldKind]
UI_POSITION_UNSPECIFIED: UiPosition
UI_POSITION_SIDEBAR: UiPosition
UI_POSITION_CHANNEL_HEADER: UiPosition
UI_POSITION_MESSAGE_FOOTER: UiPosition
UI_POSITION_COMPOSER: UiPosition
UI_POSITION_SETTINGS: UiPosition
UI_POSITION_MODAL: UiPosition
UI_STYLE_UNSPECIFIED: UiStyle
UI_STYLE_HEADING: UiStyle
UI_STYLE_NOTE: UiStyle
UI_STYLE_STRONG: UiStyle
UI_STYLE_CODE: UiStyle
UI_STYLE_PRIMARY: UiStyle
UI_STYLE_DANGER: UiStyle
MODAL_FIELD_KIND_UNSPECIFIED: ModalFieldKind
MODAL_FIELD_KIND_STRING: ModalFieldKind
MODAL_FIELD_KIND_TEXT: ModalFieldKind
MODAL_FIELD_KIND_INTEGER: ModalFieldKind
MODAL_FIELD_KIND_NUMBER: ModalFieldKind
MODAL_FIELD_KIND_BOOLEAN: ModalFieldKind
MODAL_FIELD_KIND_SELECT: ModalFieldKind
MODAL_FIELD_KIND_USER: ModalFieldKind
MODAL_FIELD_KIND_CHANNEL: ModalFieldKind

class UiContribution(_message.Message):
    __slots__ = ("plugin", "id", "position", "title", "icon", "when", "unavailable", "blocks", "web", "item")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    WEB_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    id: str
    position: UiPosition
    title: str
    icon: str
    when: UiWhen
    unavailable: str
    blocks: UiBlocks
    web: UiWeb
    item: UiItem
    def __init__(self, plugin: _Optional[str] = ..., id: _Optional[str] = ..., position: _Optional[_Union[UiPosition, str]] = ..., title: _Optional[str] = ..., icon: _Optional[str] = ..., when: _Optional[_Union[UiWhen, _Mapping]] = ..., unavailable: _Optional[str] = ..., blocks: _Optional[_Union[UiBlocks, _Mapping]] = ..., web: _Optional[_Union[UiWeb, _Mapping]] = ..., item: _Optional[_Union[UiItem, _Mapping]] = ...) -> None: ...

class UiWhen(_message.Message):
    __slots__ = ("roles", "channels", "kinds")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedScalarFieldContainer[str]
    channels: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, roles: _Optional[_Iterable[str]] = ..., channels: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ...) -> None: ...

class UiItem(_message.Message):
    __slots__ = ("action",)
    ACTION_FIELD_NUMBER: _ClassVar[int]
    action: str
    def __init__(self, action: _Optional[str] = ...) -> None: ...

class UiBlocks(_message.Message):
    __slots__ = ("blocks",)
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.RepeatedCompositeFieldContainer[UiBlock]
    def __init__(self, blocks: _Optional[_Iterable[_Union[UiBlock, _Mapping]]] = ...) -> None: ...

class UiBlock(_message.Message):
    __slots__ = ("text", "image", "section", "button", "input", "select", "table")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SECTION_FIELD_NUMBER: _ClassVar[int]
    BUTTON_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    SELECT_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    text: UiText
    image: UiImage
    section: UiSection
    button: UiButton
    input: UiInput
    select: UiSelect
    table: UiTable
    def __init__(self, text: _Optional[_Union[UiText, _Mapping]] = ..., image: _Optional[_Union[UiImage, _Mapping]] = ..., section: _Optional[_Union[UiSection, _Mapping]] = ..., button: _Optional[_Union[UiButton, _Mapping]] = ..., input: _Optional[_Union[UiInput, _Mapping]] = ..., select: _Optional[_Union[UiSelect, _Mapping]] = ..., table: _Optional[_Union[UiTable, _Mapping]] = ...) -> None: ...

class UiText(_message.Message):
    __slots__ = ("text", "style")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    text: str
    style: UiStyle
    def __init__(self, text: _Optional[str] = ..., style: _Optional[_Union[UiStyle, str]] = ...) -> None: ...

class UiImage(_message.Message):
    __slots__ = ("source", "alt")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ALT_FIELD_NUMBER: _ClassVar[int]
    source: str
    alt: str
    def __init__(self, source: _Optional[str] = ..., alt: _Optional[str] = ...) -> None: ...

class UiSection(_message.Message):
    __slots__ = ("title", "row", "blocks")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    title: str
    row: bool
    blocks: _containers.RepeatedCompositeFieldContainer[UiBlock]
    def __init__(self, title: _Optional[str] = ..., row: _Optional[bool] = ..., blocks: _Optional[_Iterable[_Union[UiBlock, _Mapping]]] = ...) -> None: ...

class UiButton(_message.Message):
    __slots__ = ("label", "action", "value", "style", "url", "note", "percent")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    label: str
    action: str
    value: str
    style: UiStyle
    url: str
    note: str
    percent: int
    def __init__(self, label: _Optional[str] = ..., action: _Optional[str] = ..., value: _Optional[str] = ..., style: _Optional[_Union[UiStyle, str]] = ..., url: _Optional[str] = ..., note: _Optional[str] = ..., percent: _Optional[int] = ...) -> None: ...

class UiInput(_message.Message):
    __slots__ = ("id", "label", "placeholder", "initial", "multiline", "most")
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PLACEHOLDER_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    MULTILINE_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    id: str
    label: str
    placeholder: str
    initial: str
    multiline: bool
    most: int
    def __init__(self, id: _Optional[str] = ..., label: _Optional[str] = ..., placeholder: _Optional[str] = ..., initial: _Optional[str] = ..., multiline: _Optional[bool] = ..., most: _Optional[int] = ...) -> None: ...

class UiSelect(_message.Message):
    __slots__ = ("id", "label", "options", "initial", "action")
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    id: str
    label: str
    options: _containers.RepeatedCompositeFieldContainer[UiOption]
    initial: str
    action: str
    def __init__(self, id: _Optional[str] = ..., label: _Optional[str] = ..., options: _Optional[_Iterable[_Union[UiOption, _Mapping]]] = ..., initial: _Optional[str] = ..., action: _Optional[str] = ...) -> None: ...

class UiOption(_message.Message):
    __slots__ = ("value", "label")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    value: str
    label: str
    def __init__(self, value: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...

class UiTable(_message.Message):
    __slots__ = ("columns", "rows")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedScalarFieldContainer[str]
    rows: _containers.RepeatedCompositeFieldContainer[UiRow]
    def __init__(self, columns: _Optional[_Iterable[str]] = ..., rows: _Optional[_Iterable[_Union[UiRow, _Mapping]]] = ...) -> None: ...

class UiRow(_message.Message):
    __slots__ = ("cells",)
    CELLS_FIELD_NUMBER: _ClassVar[int]
    cells: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cells: _Optional[_Iterable[str]] = ...) -> None: ...

class UiWeb(_message.Message):
    __slots__ = ("entry", "assets")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    entry: str
    assets: _containers.RepeatedCompositeFieldContainer[UiAsset]
    def __init__(self, entry: _Optional[str] = ..., assets: _Optional[_Iterable[_Union[UiAsset, _Mapping]]] = ...) -> None: ...

class UiAsset(_message.Message):
    __slots__ = ("path", "sha256", "mime", "size_bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: str
    mime: str
    size_bytes: int
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[str] = ..., mime: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class UiContent(_message.Message):
    __slots__ = ("plugin", "id", "revision", "blocks", "data")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    id: str
    revision: int
    blocks: UiBlocks
    data: str
    def __init__(self, plugin: _Optional[str] = ..., id: _Optional[str] = ..., revision: _Optional[int] = ..., blocks: _Optional[_Union[UiBlocks, _Mapping]] = ..., data: _Optional[str] = ...) -> None: ...

class Modal(_message.Message):
    __slots__ = ("id", "title", "submit", "text", "fields", "state", "component", "token")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    submit: str
    text: str
    fields: _containers.RepeatedCompositeFieldContainer[ModalField]
    state: str
    component: str
    token: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., submit: _Optional[str] = ..., text: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[ModalField, _Mapping]]] = ..., state: _Optional[str] = ..., component: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...

class ModalField(_message.Message):
    __slots__ = ("id", "label", "kind", "required", "min", "max", "placeholder", "initial", "options", "description")
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    PLACEHOLDER_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    id: str
    label: str
    kind: ModalFieldKind
    required: bool
    min: float
    max: float
    placeholder: str
    initial: str
    options: _containers.RepeatedCompositeFieldContainer[UiOption]
    description: str
    def __init__(self, id: _Optional[str] = ..., label: _Optional[str] = ..., kind: _Optional[_Union[ModalFieldKind, str]] = ..., required: _Optional[bool] = ..., min: _Optional[float] = ..., max: _Optional[float] = ..., placeholder: _Optional[str] = ..., initial: _Optional[str] = ..., options: _Optional[_Iterable[_Union[UiOption, _Mapping]]] = ..., description: _Optional[str] = ...) -> None: ...
