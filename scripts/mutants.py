"""What became of the mutants of `make mutate`: the share killed by module, and every survivor with its line.

A survivor is explained in `tests/survivors.yaml` where nobody could tell it from the code: by its function, the line
as it is, the line as it became, and why that changes nothing. An explanation that fits no survivor is named too.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import yaml
from mutmut.__main__ import get_diff_for_mutant, status_by_exit_code, walk_mutatable_files
from mutmut.mutation.data import SourceFileMutationData

LEAST_KILLED_PCT = 85
_EXPLAINED = Path("tests/survivors.yaml")
_KILLED, _NOT_RUN = {"killed", "timeout", "suspicious", "segfault"}, {"not checked", "skipped"}


class Survivor(NamedTuple):
    """The function, the line as it is and as it became."""

    function: str
    line: str
    became: str


def survivor(name: str, path: Path) -> Survivor:
    lines = get_diff_for_mutant(name, path=path).splitlines()
    removed, added = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    return Survivor(name.rpartition("__mutmut_")[0], removed, added)


def main() -> int:
    known = yaml.safe_load(_EXPLAINED.read_text())
    explained = {Survivor(*(str(one[key]) for key in Survivor._fields)) for one in known}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    survivors = []
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            status = status_by_exit_code[code]
            if status in _NOT_RUN:
                continue
            if status in _KILLED:
                counts[str(path)]["killed"] += 1
            elif (found := survivor(name, path)) in explained:
                counts[str(path)]["explained"] += 1
                explained.discard(found)
            else:
                counts[str(path)]["survived"] += 1
                survivors.append((status, found))
    whole = sum(counts.values(), Counter[str]())
    lines = [f"{status}: {found.function}\n  - {found.line}\n  + {found.became}" for status, found in survivors]
    lines += [f"explains no survivor: {left.function}\n  - {left.line}" for left in sorted(explained)]
    lines += [f"{path:44} {_shown(count)}" for path, count in [*sorted(counts.items()), ("all", whole)]]
    sys.stdout.write("\n".join([*lines, ""]))
    return 0 if whole["killed"] >= LEAST_KILLED_PCT / 100 * (whole["killed"] + whole["survived"]) else 1


def _shown(count: Counter[str]) -> str:
    judged = count["killed"] + count["survived"]
    share = f"{100 * count['killed'] / judged:5.1f} %" if judged else "      -"
    return f"{share} of {judged} killed, {count['explained']} explained"


if __name__ == "__main__":
    sys.exit(main())
