"""A module that another one imports and does not use is not loaded; once used it is the module itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kernels.deferred_imports import deferred


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two modules of which `light_one` imports `heavy_one`, none of them loaded."""
    (tmp_path / "heavy_one.py").write_text("VALUE = 7\n", "utf-8")
    (tmp_path / "light_one.py").write_text(
        "import heavy_one as heavy\n\n\ndef value() -> int:\n    return heavy.VALUE\n", "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("heavy_one", "light_one"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("folder")
def test_a_deferred_module_is_loaded_when_something_of_it_is_asked_for() -> None:
    with deferred("heavy_one"):
        import light_one  # type: ignore[import-not-found]
    assert "heavy_one" not in sys.modules
    assert light_one.value() == 7
    assert sys.modules["heavy_one"].__file__


@pytest.mark.usefixtures("folder")
def test_what_is_loaded_already_stays_and_others_import_as_ever() -> None:
    import heavy_one  # type: ignore[import-not-found]

    with deferred("heavy_one"):
        assert sys.modules["heavy_one"] is heavy_one
    del sys.modules["heavy_one"]
    with deferred("heavy_one"):
        pass
    import heavy_one as again  # type: ignore[import-not-found]

    assert again.__file__


def test_the_first_kernel_loads_neither_linear_algebra_nor_a_parser_of_c() -> None:
    asked = "from kernels.marks import find_marks; find_marks.compile(); import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout.split()
    assert "numba.np.arraymath" in loaded
    assert not {"scipy.linalg", "scipy.linalg.cython_blas", "pycparser"} & set(loaded)
