"""What a connector trips over in answers of another shape than documented, told as a changed source."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from connectors.errors import SourceChanged

# What reading a missing key, another type or a number beyond all bounds raises.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def in_shape(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, from which such faults come as `SourceChanged` without the value that was met."""
    if inspect.isgeneratorfunction(method):

        @wraps(method)
        def told_in_turn(*args: Any, **named: Any) -> Iterator[Any]:  # noqa: ANN401 the method's own
            with _told():
                yield from method(*args, **named)

        return told_in_turn

    @wraps(method)
    def told(*args: Any, **named: Any) -> Any:  # noqa: ANN401 the method's own
        with _told():
            return method(*args, **named)

    return told


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except _FAULTS as fault:
        last = traceback.extract_tb(fault.__traceback__)[-1]
        place = f"{type(fault).__name__}, {Path(last.filename).name}:{last.lineno}"
        raise SourceChanged(
            id="Jawaban sistem atau isi berkasnya tidak berbentuk seperti yang didokumentasikan: ada nilai yang hilang "
            f"atau jenisnya lain ({place}). Periksa versi sistemnya dan 'options' sumbernya, lalu laporkan.",
            en="The system's answer or file does not have the documented shape: a value is missing or of another type "
            f"({place}). Check the system's version and the source's 'options', then report it.",
        ) from None
