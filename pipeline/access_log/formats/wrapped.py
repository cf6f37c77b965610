"""Lines that a container engine or systemd's journal has wrapped in JSON, unwrapped line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

# What no format reads, in place of a line that wraps nothing.
_UNREADABLE = b"?"


class _Docker(msgspec.Struct, gc=False):
    log: str


class _Journal(msgspec.Struct, gc=False):
    MESSAGE: str | list[int] | None = None


_DOCKER, _JOURNAL = msgspec.json.Decoder(_Docker), msgspec.json.Decoder(_Journal)


def unwrap(block: bytes, *, wrapper: str) -> bytes:
    """A block with as many lines: `log` of Docker's JSON, or `MESSAGE` of journald's, which may be a list of bytes."""
    read = {"docker": _from_docker, "journald": _from_journal}[wrapper]
    lines = block.removesuffix(b"\n").split(b"\n")
    return b"\n".join(_read_all(lines, read)) + b"\n"


def _read_all(lines: Iterable[bytes], read: Callable[[bytes], bytes]) -> Iterable[bytes]:
    for line in lines:
        try:
            yield read(line).rstrip(b"\r\n").replace(b"\n", b" ")
        except (msgspec.MsgspecError, UnicodeError, ValueError):
            yield _UNREADABLE if line.strip() else b""


def _from_docker(line: bytes) -> bytes:
    return _DOCKER.decode(line).log.encode()


def _from_journal(line: bytes) -> bytes:
    message = _JOURNAL.decode(line).MESSAGE
    return message.encode() if isinstance(message, str) else bytes(message or ())
