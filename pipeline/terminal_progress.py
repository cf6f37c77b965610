"""Steps under way as bars on a terminal: bytes of all bytes, rows a second, the time that is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Column
from rich.text import Text

from pipeline.progress import Meter

_REFRESHES = 2


class Bars:
    """A bar for each step under way, gone with its step."""

    def __init__(self, bars: RichProgress) -> None:
        self.drawn = bars

    @contextmanager
    def step(self, name: str) -> Iterator[Meter]:
        """A step with a bar of its own."""
        meter = Meter()
        task = self.drawn.add_task(name, total=None, meter=meter)
        try:
            yield meter
        finally:
            self.drawn.remove_task(task)


@contextmanager
def terminal_progress(console: Console) -> Iterator[Bars]:
    """Bars below what is printed, until the block ends."""
    numbers = [kind(table_column=Column(no_wrap=True)) for kind in (_Bytes, _Pace, TimeRemainingColumn)]
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), *numbers)
    progress = _LiveMeters(*columns, console=console, transient=True, expand=True, refresh_per_second=_REFRESHES)
    with progress as bars:
        yield Bars(bars)


class _LiveMeters(RichProgress):
    """Reads every step's meter before it draws."""

    def get_renderables(self) -> Iterable[RenderableType]:
        for task in self.tasks:
            meter: Meter = task.fields["meter"]
            self.update(task.id, completed=meter.bytes_read, total=meter.expected_bytes or None)
        yield from super().get_renderables()


class _Bytes(DownloadColumn):
    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


class _Pace(ProgressColumn):
    """Rows or lines a second since the step began."""

    def render(self, task: Task) -> Text:
        rows = task.fields["meter"].rows_made
        return Text(f"{rows / task.elapsed:,.0f} baris·rows/s" if rows and task.elapsed else "")
