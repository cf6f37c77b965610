"""A declared API played back: a `FakeSystem` made from a preset's `example` rows and its own paging and window."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.api import BEFORE_END, ApiOptions
from connectors.registry import preset
from testing.cases import PERSON, SECRET, ZONE, Case, FakeSystem, ReceivedRequest, Record, Reply

_STARTS = {"inquiries": "received_at", "outages": "started_at", "visits": "visited_on"}
_ENDS = {"inquiries": ("responded_at", "closed_at"), "outages": ("ended_at",)}
_KEYS = {"inquiries": "inquiry_id", "outages": "incident_id"}


def case_of(name: str) -> Case:
    """The case of a preset that declares an API and has an `example`."""
    known = preset(name)
    values = known["example"].get("values", {})
    settings = {"system": name, "options": {"values": values}} if values else {"system": name}
    system = DeclaredSystem(name)
    source = known["source"]
    has_ends = any(end in source["columns"] for end in _ENDS.get(source["table"], ()))
    return Case(name, settings, system, page_size=system.page_size, has_ends=has_ends, keeps_days=system.keeps_days)


class DeclaredSystem(FakeSystem):
    """Answers as the preset's example shows, in pages and windows as its options declare.

    `example` holds a `row` as the vendor documents it, `personal` (dotted fields), `unset` (what the system writes
    for a moment not come yet), `open` (fields of something still open, where the end is told by a state), and, for
    answers that are days, `day: true`.
    """

    def __init__(self, name: str) -> None:
        known = preset(name)
        self._source: Mapping[str, Any] = known["source"]
        self._example: Mapping[str, Any] = known["example"]
        self._options = ApiOptions.model_validate(self._source["options"])
        places = set(re.findall(r"\{([a-z_]+)\}", json.dumps(self._source["options"])))
        more = (
            places - {"from", "to", "zone", "page", "offset", "last", "size", "cursor", "token"} - set(self._values())
        )
        self.connection = {"login": "pemakai", "password": SECRET, "extra": dict.fromkeys(more, SECRET)}
        paging = self._options.paging
        self.page_size = 0 if paging.style == "none" else paging.size or 2
        self.keeps_days = self._options.keeps_days

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:
        """One page of the window asked for, a token for a login, or 401 without the secret."""
        login = self._options.login
        if login is not None and request.path.endswith(login.url.split("?")[0].removeprefix("{base}")):
            return Reply(_at(login.token_at, "kunci-sesi"))
        if not self._is_let_in(request):
            return Reply({"error": "unauthorized"}, 401)
        bounds = self._bounds(request)
        within = [r for r in sorted(records, key=lambda r: r.at) if self._is_asked_for(r, bounds)]
        if self._example.get("day") == "true":
            rows = self._day_rows(within, request)
            return Reply(self._with_labels(self._document(rows, len(rows), ""), request))
        paging = self._options.paging
        start = self._offset(request)
        size = self.page_size or paging.size or len(within) or 1
        page = within[start : start + size]
        following = str(start + size) if start + size < len(within) else ""
        headers = {}
        if paging.total_header == "Content-Range":
            headers = {"Content-Range": f"{start}-{start + max(len(page), 1) - 1}/{len(within)}"}
        elif paging.total_header:
            headers = {paging.total_header: str(len(within))}
        if paging.style == "link" and following and not paging.next_at:
            headers["Link"] = f'<{request.path}?cursor={following}>; rel="next"'
        return Reply(self._document([self._row(r) for r in page], len(within), following), headers=headers)

    def _values(self) -> dict[str, str]:
        return dict(self._example.get("values", {}), **self._options.values)

    def _is_let_in(self, request: ReceivedRequest) -> bool:
        if self._options.auth.style == "none" and self._options.login is None:
            return True
        shown = json.dumps([dict(request.params), dict(request.headers), request.body.decode()])
        return self._options.auth.style == "basic" or SECRET in shown or "kunci-sesi" in shown

    def _is_asked_for(self, record: Record, bounds: tuple[datetime, datetime] | None) -> bool:
        if bounds is None:
            return True
        start_at, end_at = bounds
        reaches = self._source["table"] == "outages" and (record.ended_at is None or record.ended_at >= start_at)
        return (start_at <= record.at or reaches) and record.at < end_at

    def _bounds(self, request: ReceivedRequest) -> tuple[datetime, datetime] | None:
        """The window as the system understands what was sent: read back out of the declared template."""
        texts = {name: self._sent(request, "{" + name + "}") for name in ("from", "to")}
        if texts["from"] is None or texts["to"] is None:
            return None
        window = self._options.window
        first = timedelta(seconds=1 if window.first == "excluded" else 0)
        return self._moment(texts["from"]) + first, self._moment(texts["to"]) + BEFORE_END[window.last]

    def _sent(self, request: ReceivedRequest, place: str) -> str | None:
        options = self._options
        pairs = [(text, request.params.get(key, "")) for key, text in options.params.items()]
        pairs.append((options.url, request.path))
        if options.body is not None:
            # A whole placeholder of a count is sent as a number.
            template = re.sub(r'"(\{(?:size|offset|page)\})"', r"\1", json.dumps(options.body))
            pairs.append((template, json.dumps(request.document) if request.body else ""))
        if options.form is not None:
            pairs += [(text, request.form.get(key, "")) for key, text in options.form.items()]
        for template, sent in pairs:
            if place in template:
                pattern = re.escape(template).replace(re.escape(place), "(?P<wanted>.+?)", 1)
                pattern = re.sub(r"\\\{[a-z_]+\\\}", ".+?", pattern)
                found = re.search(pattern + "$", sent)
                return found["wanted"] if found else None
        return None

    def _moment(self, text: str) -> datetime:
        window = self._options.window
        zone = ZoneInfo(window.zone) if window.zone else ZONE
        if window.format == "epoch":
            return datetime.fromtimestamp(int(text), UTC)
        if window.format == "epoch_ms":
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text) if window.format == "iso" else datetime.strptime(text, window.format)  # noqa: DTZ007
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)

    def _offset(self, request: ReceivedRequest) -> int:
        paging = self._options.paging
        for place, places in (("{offset}", 1), ("{page}", self.page_size), ("{cursor}", 1)):
            text = self._sent(request, place) or (request.params.get("cursor") if place == "{cursor}" else None)
            if text:
                return (int(text) - (paging.first if place == "{page}" else 0)) * places
        return int(request.params.get("cursor") or 0)

    def _document(self, rows: list[object], total: int, following: str) -> object:
        paging, path = self._options.paging, str(self._source.get("rows_at", ""))
        document: Any = _at(path, rows) if path else rows
        if isinstance(document, dict):
            for place, value in ((paging.total_at, total), (paging.next_at, following)):
                if place:
                    _merge(document, _at(place, value))
        return document[0] if self._example.get("alone") == "true" and document else document

    def _with_labels(self, document: object, request: ReceivedRequest) -> object:
        """The document with the list of all days asked for, where the API gives one."""
        fill, bounds = self._options.fill, self._bounds(request)
        if fill is not None and bounds is not None and isinstance(document, dict):
            days_count = (bounds[1] - bounds[0]).days
            labels = [str((bounds[0] + timedelta(days=n)).date()) for n in range(days_count)]
            _merge(document, _at(fill.labels_at, labels))
        return document

    def _day_rows(self, records: Sequence[Record], request: ReceivedRequest) -> list[object]:
        days = [record.at.astimezone(ZONE).date() for record in records]
        bounds = self._bounds(request)
        if self._example.get("alone") == "true" or bounds is None:
            return [self._day_row(days[0] if days else date(2025, 1, 1), len(days))]
        return [self._day_row(day, days.count(day)) for day in sorted(set(days))]

    def _day_row(self, day: date, visits_count: int) -> object:
        columns = self._source["columns"]
        row = copy.deepcopy(self._example["row"])
        written = _column(columns["visited_on"])
        if not written.startswith("window_"):
            _put(row, written, day.strftime(_format(columns["visited_on"]) or "%Y-%m-%d"))
        _put(row, _column(columns["visits_count"]), visits_count)
        return row

    def _row(self, record: Record) -> object:
        columns, table = self._source["columns"], self._source["table"]
        row = copy.deepcopy(self._example["row"])
        for name in self._example.get("personal", ()):
            _put(row, name, PERSON)
        _put(row, _column(columns[_KEYS[table]]), record.record_id)
        _put(row, _column(columns[_STARTS[table]]), self._written(record.at, columns[_STARTS[table]]))
        for name, value in self._example.get("open", {}).items() if record.ended_at is None else ():
            _put(row, name, value)
        for end in _ENDS[table]:
            if end in columns and not (record.ended_at is None and "when" in columns[end]):
                text = None if record.ended_at is None else self._written(record.ended_at, columns[end])
                _put(row, _column(columns[end]), self._example.get("unset") if text is None else text)
        return row

    def _written(self, moment: datetime, column: Any) -> str:  # noqa: ANN401 a column as YAML has it
        zone = ZoneInfo(self._source["zone"]) if self._source.get("zone") else ZONE
        shown, form = moment.astimezone(zone), _format(column)
        if form in ("epoch", "epoch_ms"):
            return str(int(shown.timestamp()) * (1000 if form == "epoch_ms" else 1))
        if form:
            return shown.strftime(form)
        like = str(_get(self._example["row"], _column(column)) or "")
        if like.endswith("Z"):
            return shown.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z" if "." in like else "%Y-%m-%dT%H:%M:%SZ")
        has_offset = bool(re.search(r"[+-]\d{2}:?\d{2}$", like))
        return (
            shown.isoformat()
            if has_offset
            else shown.strftime("%Y-%m-%d %H:%M:%S" if " " in like else "%Y-%m-%dT%H:%M:%S")
        )


def _column(column: Any) -> str:  # noqa: ANN401 a column as YAML has it
    named = column["column"] if isinstance(column, dict) else column
    return str(named[0] if isinstance(named, list) else named)


def _format(column: Any) -> str:  # noqa: ANN401 a column as YAML has it
    named = column.get("format", "") if isinstance(column, dict) else ""
    return str(named[0] if isinstance(named, list) else named)


def _at(path: str, value: object) -> dict[str, Any]:
    """A document with one value at a dotted path."""
    document: Any = value
    for part in reversed(path.split(".")):
        document = {part: document}
    return document  # type: ignore[no-any-return]


def _merge(document: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(document.get(key), dict) and isinstance(value, dict):
            _merge(document[key], value)
        else:
            document[key] = value


def _put(row: Any, path: str, value: object) -> None:  # noqa: ANN401 any JSON
    *parents, last = path.split(".")
    for part in parents:
        row = row[int(part)] if isinstance(row, list) else row[part]
    row[int(last) if isinstance(row, list) else last] = value


def _get(row: Any, path: str) -> object:  # noqa: ANN401 any JSON
    for part in path.split("."):
        row = row[int(part)] if isinstance(row, list) else row.get(part)
    return row
