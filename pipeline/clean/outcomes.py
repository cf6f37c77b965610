"""One word for each row, the first that was found to hold of it; the words are few, so rows keep a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


class FirstWords:
    """What is said of rows, in the order of saying; what was said first stands."""

    def __init__(self, given: pd.Series) -> None:
        self._given = given
        self._words: list[str | None] = [None]
        self._nths = np.where(given.notna().to_numpy(), -1, 0)

    def add(self, word: str, *, of: Flags) -> None:
        """Say a word of those rows of which nothing has been said yet."""
        if of.any():
            self._nths[of & (self._nths == 0)] = len(self._words)
            self._words.append(word)

    @property
    def texts(self) -> pd.Series:
        """The word of each row, or null."""
        if len(self._words) == 1:
            return self._given
        said = pd.Series(self._words, dtype="str").take(np.maximum(self._nths, 0)).set_axis(self._given.index)
        return said.mask(self._nths < 0, self._given) if (self._nths < 0).any() else said
