"""The group of commands, which every file of this room adds to."""

from __future__ import annotations

import click


class _Command(click.Command):
    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 click would end it before the English
        """The command's first line, in both languages."""
        return (self.help or "").partition("\n")[0]


class _Commands(click.Group):
    command_class = _Command


@click.group(name="tolok", cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Tolok ukur pemerintahan digital kota (SNI ISO 37122:2019). / A city's digital-government yardstick."""
