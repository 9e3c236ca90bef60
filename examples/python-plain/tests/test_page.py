"""docs/protocol.md names everything that the protos have."""

from __future__ import annotations

import re

from conftest import HERE, common, host, wire, wire_ui

from outboard.plugin.v1 import community_pb2, files_pb2

PAGE = (HERE.parents[1] / "docs" / "protocol.md").read_text()


def test_every_reason_is_explained():
    table = PAGE.partition("<!-- reasons")[2].partition("\n\n")[0]
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    names = common.Reason.DESCRIPTOR.values_by_name
    reasons = {name.removeprefix("REASON_") for name in names} - {"UNSPECIFIED"}
    assert explained == reasons


def test_every_frame_is_explained():
    frames = (*wire.PluginFrame.DESCRIPTOR.fields, *wire.DaemonFrame.DESCRIPTOR.fields)
    missing = {frame.name for frame in frames if f"`{frame.name}`" not in PAGE}
    assert not missing


def test_every_service_method_is_explained():
    described = (wire, host, community_pb2, files_pb2, wire_ui)
    services = {
        name: service
        for it in described
        for name, service in it.DESCRIPTOR.services_by_name.items()
    }
    assert set(services) == {
        "Users",
        "Files",
        "Channels",
        "Plugin",
        "Messages",
        "Plugins",
        "Storage",
        "Interactions",
        "Events",
        "Settings",
        "Ui",
    }
    missing = {
        method.name
        for service in services.values()
        for method in service.methods
        if f"`{method.name}`" not in PAGE
        and f"{service.name}/{method.name}`" not in PAGE
        and f"`{service.name}.{method.name}`" not in PAGE
    }
    assert not missing
