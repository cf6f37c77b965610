"""Lines that a container engine or systemd's journal has wrapped in JSON, unwrapped line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

# What no format reads, in place of a line that wraps nothing.
_UNREADABLE = b"?"


class _Docker(msgspec.Struct, gc=False):
    log: str


class _Journal(msgspec.Struct, gc=False):
    MESSAGE: str | list[int] | None = None


class _JournalText(msgspec.Struct, gc=False):
    MESSAGE: str


_JOURNAL_TEXT = msgspec.json.Decoder(_JournalText)
_DOCKER, _JOURNAL = msgspec.json.Decoder(_Docker), msgspec.json.Decoder(_Journal)


def unwrap(block: bytes, *, wrapper: str) -> bytes:
    """A block with as many lines: `log` of Docker's JSON, or `MESSAGE` of journald's, which may be a list of bytes."""
    lines = block.removesuffix(b"\n").split(b"\n")
    return _all_at_once(block, count=len(lines), wrapper=wrapper) or b"\n".join(_one_by_one(lines, wrapper)) + b"\n"


def _all_at_once(block: bytes, *, count: int, wrapper: str) -> bytes | None:
    """The unwrapped lines when each line wraps exactly one; null otherwise."""
    try:
        if wrapper == "docker":
            texts = [record.log for record in _DOCKER.decode_lines(block)]
            is_ended = all(text.endswith("\n") for text in texts)
            joined = "".join(texts).encode() if is_ended else b""
        else:
            joined = "".join(f"{record.MESSAGE}\n" for record in _JOURNAL_TEXT.decode_lines(block)).encode()
    except (msgspec.MsgspecError, UnicodeError):
        return None
    return joined if joined.count(b"\n") == count else None


def _one_by_one(lines: Iterable[bytes], wrapper: str) -> Iterator[bytes]:
    read = {"docker": _from_docker, "journald": _from_journal}[wrapper]
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
