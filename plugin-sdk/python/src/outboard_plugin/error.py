"""The errors that meet a plugin's author: a handler's own, and what the daemon refused.

Refuses to know how an error travels; that is the session's and the link's.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio

from outboard_plugin.wire import FRAME_BYTES, common

#: Bytes that are told of an exception. A frame has more, but nobody reads that.
_WORDS = 4096


class HostError(Exception):
    """A call of the host API came to nothing.

    `reason` is the daemon's word, such as `PERMISSION_DENIED`; empty if it did not answer, and then
    it is unknown whether the call was carried out. `retry_after` is in seconds, None if trying
    again will not help.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        retry_after: float | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{reason}: {message}" if reason else message)
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.details = dict(details or {})


class SessionLost(HostError):
    """The session of the call that caused this is gone, and the call with it."""

    def __init__(self) -> None:
        super().__init__("", "the session of the call that caused this is lost")


class Refusal(Exception):
    """What was wrong, for the person who asked.

    Raised in the handler of a command, an action or a form, or of changed settings.
    """


class Fatal(Exception):
    """Raised in `on_start`: another try would not help, such as a setting that makes no sense."""


class NotStarted(Exception):
    """The process ended other than by being told to; says why."""


def host_error(error: grpc.aio.AioRpcError) -> HostError:
    """What the daemon said, or that it said nothing."""
    text = error.details() or ""
    trailing: Any = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            found = _read(value, text)
            if found is not None:
                return found
    return HostError("", f"no answer from the daemon: {error.code().name}: {text}")


def _read(status: bytes, text: str) -> HostError | None:
    # Here, because most plugins never need it: it costs memory.
    from google.rpc import error_details_pb2, status_pb2

    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    retry_after = None
    for detail in status_pb2.Status.FromString(status).details:
        if detail.Is(retry.DESCRIPTOR):
            detail.Unpack(retry)
            retry_after = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
        elif detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
    if info.domain != "outboard":
        return None
    return HostError(info.reason, text, retry_after, info.metadata)


def too_large(what: str, size: int) -> common.Failure:
    """The failure of something that has more bytes than a frame may have."""
    text = f"{what} has {size} bytes, a frame may have {FRAME_BYTES}"
    return failure(grpc.StatusCode.RESOURCE_EXHAUSTED, common.REASON_FRAME_TOO_LARGE, text)


def failure(code: grpc.StatusCode, reason: common.Reason, message: str) -> common.Failure:
    """A failure for a frame."""
    number: int = code.value[0]
    return common.Failure(code=number, reason=reason, message=message)


def of_handler(error: BaseException) -> common.Failure:
    """The failure of a handler that raised."""
    return failure(grpc.StatusCode.UNKNOWN, common.REASON_HANDLER_FAILED, told(error))


def told(error: BaseException) -> str:
    """What an exception says, with its name where that is news; fit for a frame."""
    if isinstance(error, HostError) or not str(error):
        return readable(error)
    return _fitting(f"{type(error).__name__}: {error}")


def readable(error: BaseException) -> str:
    """What an exception says, or its name where it says nothing; fit for a frame."""
    return _fitting(str(error) or type(error).__name__)


def note() -> None:
    """Writes the exception that is being handled into the plugin's log, whatever it says."""
    text = traceback.format_exc().encode("utf-8", "backslashreplace").decode()
    print(text, end="", file=sys.stderr, flush=True)


def _fitting(text: str) -> str:
    # An exception may say anything: the payload that it choked on, or what is no text at all.
    return text.encode("utf-8", "replace")[:_WORDS].decode("utf-8", "ignore")
