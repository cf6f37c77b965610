"""`tolok`: the same steps by hand, in two languages, with an exit code that says what to do next."""

from pipeline.cli import computing, erasing, handing_in, preparing, reading
from pipeline.cli.entry import main
from pipeline.cli.group import commands

__all__ = ["commands", "computing", "erasing", "handing_in", "main", "preparing", "reading"]
