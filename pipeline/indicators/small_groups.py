"""Which members of a breakdown are too small to be told of alone, so that no group of citizens can be subtracted."""

from __future__ import annotations

from collections.abc import Mapping

OTHERS = "(lainnya / other)"
# Rows of a member, and its numerator.
Size = tuple[float, float]


def small_members(sizes: Mapping[str, Size], *, smallest: int) -> frozenset[str]:
    """The members that are told of as one: those of fewer than `smallest` rows, and none where all have as many.

    Were fewer rows than that, or one member alone, among them, it could be subtracted from the total: the next larger
    members are too.
    """
    if all(rows >= smallest for rows, _ in sizes.values()):
        return frozenset()
    found: list[str] = []
    rows_of_found = 0.0
    for name in sorted(sizes, key=lambda name: (*sizes[name], name)):
        # The first has fewer rows than that: so many are never of one member alone.
        if sizes[name][0] >= smallest and rows_of_found >= smallest:
            break
        found.append(name)
        rows_of_found += sizes[name][0]
    return frozenset(found)
