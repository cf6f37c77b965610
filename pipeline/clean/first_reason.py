"""The first reason found for each row; reasons are few, so a row keeps a small number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


class FirstReason:
    """A reason for each row, or none; of several the first stands. `given` holds the reasons there are already."""

    def __init__(self, given: pd.Series) -> None:
        coded = given.astype("category").cat
        self._reasons, self._index = coded.categories.tolist(), given.index
        self._codes = coded.codes.to_numpy(np.int16, copy=True)

    def add(self, reason: str, *, of: Flags) -> None:
        """Give a reason to those of the flagged rows that have none yet."""
        if of.any():
            if reason not in self._reasons:
                self._reasons.append(reason)
            self._codes[of & (self._codes < 0)] = self._reasons.index(reason)

    @property
    def is_given(self) -> Flags:
        """Which rows have a reason."""
        return np.asarray(self._codes >= 0)

    def texts(self, *, but: Flags | None = None) -> pd.Series:
        """The reason of each row as a category; null where there is none, and for the rows that `but` flags."""
        codes = self._codes if but is None else np.where(but, -1, self._codes)
        reasons = pd.Categorical.from_codes(codes, pd.Index(self._reasons, dtype="str"))
        return pd.Series(reasons, index=self._index)
