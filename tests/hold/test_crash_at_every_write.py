"""A command that is refused or killed at any of its operations leaves nothing that the same command does not mend."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hold import of_form
from tests.hold.apart import end, killing, refusing
from tests.hold.home import CITY, MONTH, city_at, collect, drafts, tolok
from tests.hold.operations import Operation, watched
from tests.hold.states import Images, rows, state

UNEXPECTED = "Kesalahan tak terduga"
YEAR = "2024"
# Beside all images of kills, every so many kills are real.
KILLS_EVERY = 40


def late_answers(root: Path) -> None:
    """A file that makes another version of what was run."""
    with (root / "cities" / "data" / "pengaduan.csv").open("a", encoding="utf-8") as file:
        file.write("900;Aplikasi;3 Mar 2024 08:00;3 Mar 2024 09:00;Warga\n")


def publisher(root: Path) -> None:
    with (root / "cities" / f"{CITY}.yaml").open("a", encoding="utf-8") as file:
        file.write("publish: {publisher: Diskominfo, licence: CC-BY-4.0, portal: https://data.uji.go.id/}\n")


def declared(root: Path) -> None:
    """All days of the year are told, so that it can be closed."""
    settings = root / "cities" / f"{CITY}.yaml"
    text = settings.read_text("utf-8")
    for export, told in (
        ("layanan", "extracted_at: 2025-01-01T08:00:00"),
        ("pengaduan", "covers: [{first_on: 2024-01-01, last_on: 2024-12-31}]"),
    ):
        text = text.replace(path := f"    path: data/{export}*.csv\n", f"{path}    {told}\n")
    settings.write_text(text, "utf-8")


class Case(NamedTuple):
    """A command, how its city was declared, what was run before, and what changed since."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = (("run", CITY, MONTH),)
    declare: Callable[[Path], None] = lambda _: None
    change: Callable[[Path], None] = lambda _: None
    run: Callable[..., tuple[int, str]] = tolok
    # Of its different states every so many: a command that runs many periods is as one that runs one of them.
    every: int = 1


CASES = {
    "run": Case(("run", CITY, MONTH), before=()),
    "run of a changed file": Case(("run", CITY, MONTH), change=late_answers),
    "backfill": Case(("backfill", CITY, "2024-02", MONTH), change=late_answers, every=3),
    "collect": Case((CITY, MONTH), before=(), run=collect),
    "report": Case(("report", CITY, MONTH, "--to", "csv,json,xlsx,pdf")),
    "dashboard": Case(("dashboard", CITY, "--to", "ROOT/pages")),
    "verify": Case(("verify", CITY, MONTH)),
    "check": Case(("check", CITY, MONTH)),
    "readiness": Case(
        ("readiness", CITY, YEAR), before=(("run", CITY, MONTH), ("template", "readiness", CITY, "--year", YEAR))
    ),
    "publish files": Case(("publish", CITY, MONTH, "--to", "files"), change=publisher),
    "publish ms-ind": Case(("publish", CITY, MONTH, "--to", "ms-ind")),
    "close": Case(("close", CITY, YEAR, "--by", "Sekda"), before=(("backfill", CITY, YEAR),), declare=declared),
    "correct": Case(
        ("correct", CITY, YEAR, "--by", "Sekda", "--reason", "berkas"),
        before=(("backfill", CITY, YEAR), ("close", CITY, YEAR, "--by", "Sekda")),
        declare=declared,
        change=late_answers,
        every=25,
    ),
    "init": Case(("init", "kota-baru"), before=()),
    "draft": Case(("draft", CITY, "ROOT/cities/data/gangguan.csv", "--source", "lain", "--write"), before=()),
    "template": Case(("template", "inquiries", "--to", "ROOT/baru.xlsx"), before=()),
    "template readiness": Case(("template", "readiness", CITY, "--year", YEAR), before=()),
}


class Broken:
    """A command that is broken off again and again in one folder, which begins as before each time."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.root, self._before = case, folder / "city", folder / "before"
        self._words = [word.replace("ROOT", str(self.root)) for word in case.words]
        with city_at(self.root):
            case.declare(self.root)
            for words in case.before:
                code, said = end(*words)
                assert code == 0, said
            case.change(self.root)
        shutil.copytree(self.root, self._before)
        with city_at(self.root):
            code, (said, self.count, self.images) = end(*self._words, run=partial(self._imaged, folder / "images"))
        assert code == 0, said
        self._wanted, self._rows = state(self.root), rows(self.root)
        self._mended = set[str]()

    def _imaged(self, folder: Path, *words: str) -> tuple[int, tuple[str, int, Images]]:
        images = Images(self.root, folder)
        with watched(self.root, images) as watch:
            code, said = self.case.run(*words)
        return code, (said, watch.count, images)

    def begin(self, image: Path | None = None) -> None:
        shutil.rmtree(self.root)
        if image:
            image.rename(self.root)
        else:
            shutil.copytree(self._before, self.root)

    def run(self, **how: object) -> tuple[int, str]:
        with city_at(self.root):
            return end(*self._words, root=self.root, run=self.case.run, **how)

    def require_mended(self, told: str) -> None:
        """Nothing is half there, and the same command ends as if nothing had been; states seen before are known."""
        broken = state(self.root), rows(self.root)
        if repr(broken) in self._mended:
            return
        self._mended.add(repr(broken))
        code, said = self.run()
        # What is done already may be refused to be done once more.
        assert code == 0 or (code == 2 and broken[0] == self._wanted), f"{told}: {said}"
        assert rows(self.root) == self._rows, told
        assert state(self.root) == self._wanted, told
        assert drafts(self.root) == [], told

    def refusals(self) -> dict[int, bool]:
        """The first and the last operation of each kind that needs room, and whether all after it are refused too."""
        needing = [of_kind for kind, of_kind in self.images.by_kind.items() if not Operation(0, *kind).takes_away]
        once = {of_kind[-1]: False for of_kind in needing}
        return once | {of_kind[0]: len(of_kind) > 1 or bool(of_kind[0] % 2) for of_kind in needing}

    @property
    def states_count(self) -> int:
        return len(self._mended)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """This process, from which all are forked, has run once; nothing that starts threads, which no fork has."""
    with city_at(tmp_path_factory.mktemp("warm")):
        assert tolok("run", CITY, MONTH)[0] == 0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where the system has such a folder: a kill, unlike a power cut, does not ask what a disk holds."""
    memory = Path("/dev/shm")  # noqa: S108 its name is the test's own
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="tolok-hold-", dir=memory) as made:
        yield Path(made)


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("command", of_form(("run", "init", "template readiness"), full=tuple(CASES)))
def test_a_command_broken_off_at_any_operation_is_mended_by_the_next(
    command: str, folder: Path, row: Callable[[str, str, str], None]
) -> None:
    broken, every = Broken(CASES[command], folder), CASES[command].every
    half = range(broken.count // 2, broken.count // 2 + 1)
    assert broken.count > 1
    assert broken.images.in_place == set()
    images = list(broken.images.by_state.values())
    images = of_form(images[len(images) // 2 :][:1], full=images[::every])
    for image in images:
        broken.begin(image)
        broken.require_mended(f"killed at {image.name}")
    kills = of_form(half, full=range(1, broken.count + 1, KILLS_EVERY * every))
    for nth in kills:
        _kill(broken, nth)
    refusals = of_form(dict.fromkeys(half, True), full=dict(list(broken.refusals().items())[::every]))
    for nth, is_lasting in refusals.items():
        _refuse(broken, nth, is_lasting=is_lasting)
    row(
        "Crash",
        f"tolok {command}, of {broken.count} operations of disk and database",
        f"kill -9 in {len(images)} of {len(broken.images.by_state)} states, {len(kills)} by the signal alone; "
        f"disk full at {len(refusals)} of {len(broken.refusals())} operations, the first and the last of each kind, "
        f"from there on or once; {broken.states_count} states left: each rerun identical, nothing left over",
    )


def _kill(broken: Broken, nth: int) -> None:
    """The signal leaves what the image shows."""
    broken.begin()
    assert broken.run(tell=killing(nth))[0] == -signal.SIGKILL
    assert state(broken.root) == broken.images.states[nth - 1], nth
    broken.require_mended(f"killed at {nth}")


def _refuse(broken: Broken, nth: int, *, is_lasting: bool) -> None:
    broken.begin()
    code, said = broken.run(tell=refusing(nth, is_lasting=is_lasting))
    # What may be refused without loss, such as a kept summary of a log, ends well.
    assert code in (0, 4), f"{nth}: {said}"
    assert UNEXPECTED not in said, f"{nth}: {said}"
    assert drafts(broken.root) == [], nth
    broken.require_mended(f"refused at {nth}")
