"""One word for each row, the first that was found to hold of it; the words are few, so rows keep a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


class FirstReason:
    """What is said of rows, in the order of saying; what was said first stands."""

    def __init__(self, given: pd.Series) -> None:
        coded = given.astype("category").cat
        self._words, self._index = coded.categories.tolist(), given.index
        self._nths = coded.codes.to_numpy(np.int16, copy=True)

    def add(self, word: str, *, of: Flags) -> None:
        """Say a word of those rows of which nothing has been said yet."""
        if of.any():
            if word not in self._words:
                self._words.append(word)
            self._nths[of & (self._nths < 0)] = self._words.index(word)

    @property
    def are_said(self) -> Flags:
        """Of which rows something has been said."""
        return np.asarray(self._nths >= 0)

    def texts(self, *, but: Flags | None = None) -> pd.Series:
        """The word of each row, in categories; null where nothing is said, and for some rows `but` those that count."""
        nths = self._nths if but is None else np.where(but, -1, self._nths)
        words = pd.Categorical.from_codes(nths, pd.Index(self._words, dtype="str"))
        return pd.Series(words, index=self._index)
