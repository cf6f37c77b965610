"""The suites of `expectations/`, read and proved to be whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from connectors.errors import ConfigError
from pipeline.suites import FOLDER, ROW_COUNT, Rule, Suite, declared
from pipeline.validate.expectations import Problem, type_problems


def load_suite(path: Path, *, required: Mapping[str, Rule]) -> Suite:
    """Read a suite and prove that nothing of it is lost, in the file or inside Great Expectations.

    `required` holds the rules the file must have as they are or more severe, by rule id (`suites.declared`).
    Raises `ConfigError` with everything that is wrong with the file.
    """
    suite = _parse(path)
    problems = [*_shape_problems(suite, path.stem), *_lost_problems(suite, required), *type_problems(suite)]
    if problems:
        raise _refusal(path, problems)
    return suite


@cache
def suite_of(name: str) -> Suite:
    """The suite of a table or frame, proved to be whole."""
    return load_suite(FOLDER / f"{name}.json", required=declared(name))


def _parse(path: Path) -> Suite:
    try:
        return Suite.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise _refusal(path, [("berkas tidak ada", "the file is not there")]) from None
    except ValidationError as fault:
        places = [(".".join(map(str, error["loc"])) or path.name, error["msg"]) for error in fault.errors()]
        raise _refusal(path, [(f"{place}: isian salah", f"{place}: {text}") for place, text in places]) from None


def _shape_problems(suite: Suite, name: str) -> Iterator[Problem]:
    rules = suite.expectations
    if suite.table != name:
        yield f"table harus '{name}', bukan '{suite.table}'", f"table must be '{name}', not '{suite.table}'"
    if not rules:
        yield "tidak ada aturan sama sekali", "there are no rules at all"
    elif rules[0].type != ROW_COUNT:
        yield f"aturan pertama harus {ROW_COUNT}", f"the first rule must be {ROW_COUNT}"
    for rule_id, count in Counter(rule.meta.rule_id for rule in rules).items():
        if count > 1:
            yield f"rule_id '{rule_id}' ada {count} kali", f"rule_id '{rule_id}' occurs {count} times"


def _lost_problems(suite: Suite, required: Mapping[str, Rule]) -> Iterator[Problem]:
    present = {rule.meta.rule_id: rule for rule in suite.expectations}
    for rule_id, rule in required.items():
        found = present.get(rule_id)
        if found is None:
            yield f"aturan '{rule_id}' hilang", f"rule '{rule_id}' is lost"
        elif (found.type, found.kwargs) != (rule.type, rule.kwargs) or found.severity not in (
            rule.severity,
            "critical",
        ):
            yield f"aturan '{rule_id}' berbeda dari deklarasi", f"rule '{rule_id}' differs from its declaration"


def _refusal(path: Path, problems: Sequence[Problem]) -> ConfigError:
    faults_id = "\n- ".join([f"expectations/{path.name} tidak dapat dipakai:", *(problem[0] for problem in problems)])
    faults_en = "\n- ".join([f"expectations/{path.name} cannot be used:", *(problem[1] for problem in problems)])
    return ConfigError(
        id=f"{faults_id}\nPerbaiki, atau tulis ulang aturan bawaan dengan: python -m pipeline.suites",
        en=f"{faults_en}\nMend it, or write the declared rules again with: python -m pipeline.suites",
    )
