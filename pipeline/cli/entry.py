"""The entry point: runs a command and ends a person's mistake with a message and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys

import click

from connectors.errors import ConfigError, TolokError
from pipeline.cli.group import commands
from pipeline.cli.printing import say

# Almost all that a command makes are modules and tables that live to its end: looking for cycles among them is vain.
_FEW_PASSES = (200_000, 20, 20)


def main() -> None:
    """Run the command line; a person's mistake ends with a message and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.set_threshold(*_FEW_PASSES)
    try:
        _refuse_unreadable(sys.argv[1:])
        commands(standalone_mode=False)
    except TolokError as error:
        _fail(error)
    except click.exceptions.Abort:
        _end(
            "Dihentikan. Yang sudah selesai tersimpan; perintah yang sama melanjutkan dari sana.\n"
            "Stopped. What is finished is kept; the same command goes on from there.",
            1,
        )
    except click.ClickException as error:
        _end(f"Perintah salah. / Wrong usage.\n{_said(error)}\n{_usage(error)}", 2)
    except Exception as error:
        from pipeline.failures import actionable

        if os.environ.get("TOLOK_DEBUG"):
            raise
        if isinstance(told := actionable(error), TolokError):
            _fail(told)
        _end(
            f"Kesalahan tak terduga ({type(error).__name__}). Jalankan lagi dengan TOLOK_DEBUG=1 dan laporkan.\n"
            f"Unexpected fault ({type(error).__name__}). Run again with TOLOK_DEBUG=1 and report it.",
            1,
        )


def _refuse_unreadable(words: list[str]) -> None:
    """Raise `ConfigError` for a word of bytes that are no UTF-8, which no message, file or database can hold."""
    for word in words:
        if any("\ud800" <= mark <= "\udfff" for mark in word):
            shown = word.encode("unicode_escape", "surrogatepass").decode("ascii")[:80]
            raise ConfigError(
                id=f"'{shown}' bukan teks UTF-8. Tulis ulang, atau ganti nama berkasnya.",
                en=f"'{shown}' is not UTF-8 text. Write it anew, or rename the file.",
            )


def _fail(error: TolokError) -> None:
    _end(f"{error.id}\n{error.en}", error.exit_code)


def _said(error: click.ClickException) -> str:
    """What is wrong with the words of a command, in both languages where they are click's own."""
    english, param = error.format_message(), getattr(error, "param", None)
    name = param.human_readable_name if param is not None else ""
    if isinstance(error, click.MissingParameter):
        return f"'{name}' belum ditulis.\n{english}"
    if isinstance(error, click.NoSuchOption):
        return f"Pilihan '{error.option_name}' tidak ada.\n{english}"
    if isinstance(error, click.BadParameter) and param is not None and isinstance(param.type, click.Choice):
        return f"'{name}' harus salah satu dari: {', '.join(map(str, param.type.choices))}.\n{english}"
    if english.startswith("No such command"):
        return f"Perintah itu tidak ada.\n{english}"
    if english.startswith("Got unexpected extra argument"):
        return f"Terlalu banyak kata di belakang perintah.\n{english}"
    return english


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return context.get_usage() if context else "tolok --help"


def _end(text: str, exit_code: int) -> None:
    say(text, err=True)
    sys.exit(exit_code)
