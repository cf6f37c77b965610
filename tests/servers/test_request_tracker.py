"""Request Tracker 5.0.3 from Debian: a year of tickets, asked and answered over REST 2.0, as indicator 10.3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.servers.conftest import City
from tests.servers.processes import Clock, free_port, needs, run, running

SERVER = "/usr/share/request-tracker5/libexec/rt-server"
ZONE = ZoneInfo("Asia/Makassar")
SITE = """
Set($rtname, 'kota-uji');
Set($Organization, 'kota-uji');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite');
Set($Timezone, 'Asia/Makassar');
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
1;
"""
# Citizens may ask, officers answer, and the account Tolok reads with may only look; its clock is far from the city's.
DESK = """
@Users = map {{ {{ Name => $_, EmailAddress => "$_\\@example.org", Password => 'sandi-uji' }} }}
    qw(warga1 warga2 petugas1 petugas2);
$_->{{Privileged}} = 1 for grep {{ $_->{{Name}} =~ /petugas/ }} @Users;
push @Users, {{ Name => 'tolok', Privileged => 1, Timezone => 'America/New_York' }};
@Queues = ({{ Name => 'Pengaduan' }}, {{ Name => 'Internal' }});
@ACL = (
    (map {{ {{ GroupDomain => 'SystemInternal', GroupType => 'Everyone', Queue => 'Pengaduan', Right => $_ }} }}
        qw(CreateTicket ReplyToTicket SeeQueue)),
    (map {{ {{ UserId => 'tolok', Queue => 'Pengaduan', Right => $_ }} }} qw(SeeQueue ShowTicket)),
    (map {{ my $who = $_; map {{ {{ UserId => $who, Right => $_ }} }}
        qw(SeeQueue CreateTicket ShowTicket ShowTicketComments ReplyToTicket CommentOnTicket ModifyTicket DeleteTicket)
    }} qw(petugas1 petugas2)),
);
@Final = (sub {{
    my $user = RT::User->new(RT->SystemUser);
    $user->Load('tolok');
    my $token = RT::AuthToken->new(RT->SystemUser);
    my (undef, undef, $text) = $token->Create(Owner => $user->id, Description => 'Tolok');
    open my $file, '>', '{folder}/token' or die $!;
    print $file $text;
}});
"""
SOURCES = """
  meja:
    system: request_tracker
    connection: rt
    allow: [plain_http, private_addresses]
    options: {size: 2}
"""


@dataclass(frozen=True)
class Desk:
    """The desk's people at work, each at a moment of the city's clock."""

    url: str
    token: str
    clock: Clock

    def ask(self, at: str, who: str, **fields: str) -> int:
        """A new ticket, in one's own name unless another `Requestor` is given; gives its number."""
        ticket = {"Queue": "Pengaduan", "Subject": "Lampu jalan", "Content": "Padam", "ContentType": "text/plain"}
        ticket |= {"Requestor": f"{who}@example.org"}
        return int(self._send("POST", "ticket", at=at, who=who, body={**ticket, **fields})["id"])

    def reply(self, at: str, who: str, ticket: int) -> None:
        self._write(at, who, f"ticket/{ticket}/correspond")

    def comment(self, at: str, who: str, ticket: int) -> None:
        self._write(at, who, f"ticket/{ticket}/comment")

    def change(self, at: str, who: str, ticket: int, **fields: str) -> None:
        self._send("PUT", f"ticket/{ticket}", at=at, who=who, body=fields)

    def _write(self, at: str, who: str, path: str) -> None:
        self._send("POST", path, at=at, who=who, body={"Content": "Baik", "ContentType": "text/plain"})

    def _send(self, method: str, path: str, *, at: str, who: str, body: dict[str, str]) -> Any:
        self.clock.set(datetime.fromisoformat(at).replace(tzinfo=ZONE))
        answer = requests.request(method, f"{self.url}/REST/2.0/{path}", json=body, auth=(who, "sandi-uji"), timeout=30)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A fresh RT with its own database, whose clock stands where the test sets it."""
    needs(SERVER, "rt-setup-database", package="request-tracker5")
    folder, port = tmp_path / "rt", free_port()
    (folder / "empty").mkdir(parents=True)
    (folder / "site.pm").write_text(SITE.format(folder=folder, port=port))
    (folder / "desk.pl").write_text(DESK.format(folder=folder))
    clock = Clock(folder / "clock")
    clock.set(datetime(2024, 12, 1, tzinfo=ZONE))
    environment = {
        **clock.environment,
        "RT_SITE_CONFIG": str(folder / "site.pm"),
        "RT_SITE_CONFIG_DIR": str(folder / "empty"),
        "TMPDIR": str(folder),
    }
    for action in (("init",), ("insert", "--datafile", str(folder / "desk.pl"))):
        run(
            "rt-setup-database", "--action", *action, cwd=folder, env={**environment, "PATH": "/usr/sbin:/usr/bin:/bin"}
        )
    url = f"http://127.0.0.1:{port}"
    command = (SERVER, "--host", "127.0.0.1", "--port", port)
    with running(*command, folder=folder, until=lambda: requests.get(url, timeout=5), environment=environment):
        yield Desk(url, (folder / "token").read_text(), clock)


def a_year_of_tickets(desk: Desk) -> None:
    first = desk.ask("2025-01-01 00:30", "warga1")
    desk.reply("2025-01-01 12:30", "petugas1", first)

    talk = desk.ask("2025-03-03 08:00", "warga2")
    desk.reply("2025-03-03 08:10", "warga2", talk)
    desk.comment("2025-03-03 09:00", "petugas1", talk)
    desk.reply("2025-03-04 08:00", "petugas1", talk)
    desk.reply("2025-03-05 08:00", "petugas2", talk)
    desk.change("2025-03-05 08:00", "petugas2", talk, Status="resolved")

    by_phone = desk.ask("2025-04-07 09:00", "petugas1", Requestor="warga3@example.org")
    desk.reply("2025-04-07 11:00", "petugas1", by_phone)

    in_nobodys_name = desk.ask("2025-04-08 09:00", "warga1", Requestor="")
    desk.reply("2025-04-08 09:10", "warga1", in_nobodys_name)
    desk.reply("2025-04-08 13:00", "petugas1", in_nobodys_name)

    elsewhere = desk.ask("2025-05-05 08:00", "warga1")
    desk.reply("2025-05-05 08:30", "petugas2", elsewhere)
    desk.change("2025-05-05 08:31", "petugas2", elsewhere, Status="rejected")

    slow = desk.ask("2025-06-28 10:00", "warga1")
    desk.reply("2025-07-08 10:00", "petugas2", slow)

    spam = desk.ask("2025-08-01 08:00", "warga2")
    desk.reply("2025-08-01 20:00", "petugas1", spam)
    desk.change("2025-08-01 20:00", "petugas1", spam, Status="deleted")

    hidden = desk.ask("2025-09-01 08:00", "petugas1", Queue="Internal")
    desk.reply("2025-09-09 08:00", "petugas2", hidden)

    desk.ask("2025-10-01 08:00", "warga2")

    last = desk.ask("2025-12-31 23:30", "warga1")
    next_year = desk.ask("2026-01-01 00:30", "warga2")
    desk.reply("2026-01-01 05:30", "petugas1", last)
    desk.reply("2026-01-31 00:30", "petugas1", next_year)


def test_a_year_of_tickets_is_the_mean_of_the_first_answers_of_the_desk(desk: Desk, city: City) -> None:
    """Asked and answered in 2025 by the city's clock (the first and the last ticket are in other years by UTC):
    12 h, 24 h (neither the citizen's own note nor the internal comment answers), 2 h (told by phone, written down and
    answered by the same officer), 4 h (nobody is named as asking, so whoever made it), 240 h, 6 h = 288 h over 6.
    One rejected, one unanswered; the deleted one is not listed, and the office's own queue is not shown to the account.
    """
    a_year_of_tickets(desk)
    city.connect("rt", {"conn_type": "http", "host": desk.url, "password": desk.token})
    city.write(SOURCES, zone="Asia/Makassar")
    row = city.measured("inquiry_response", "2025")
    assert (row["numerator"], row["denominator"]) == (288, 6)
    assert row["value"] == pytest.approx(288 / 6 / 24)
    assert row["rows"]["excluded"] == {"not_city_responsibility": 1, "open": 1}
    assert (row["rows"]["used"], row["rows"]["quarantined"]) == (6, {})
    assert row["variants"]["time_to_closure"] == pytest.approx(2.0)


def test_a_late_answer_makes_a_second_version_and_the_months_stay(desk: Desk, city: City) -> None:
    """One ticket of March after 24 h, another unanswered; answered in May after 60 days, it is (24 + 1440) h over 2."""
    early, late = desk.ask("2025-03-03 08:00", "warga1"), desk.ask("2025-03-03 08:00", "warga2")
    desk.reply("2025-03-04 08:00", "petugas1", early)
    city.connect("rt", {"conn_type": "http", "host": desk.url, "login": "petugas2", "password": "sandi-uji"})
    city.write(SOURCES, zone="Asia/Makassar")
    assert city.measured("inquiry_response", "2025-03")["numerator"] == 24
    desk.reply("2025-05-02 08:00", "petugas1", late)
    row = city.measured("inquiry_response", "2025-03")
    assert (row["version"], row["numerator"], row["denominator"]) == (2, 1464, 2)


def test_a_wrong_token_is_a_setting_to_mend_and_is_not_shown(desk: Desk, city: City) -> None:
    wrong = "1-14-" + "0" * 32
    city.connect("rt", {"conn_type": "http", "host": desk.url, "password": wrong})
    city.write(SOURCES)
    said = city.tolok("check", "kota-uji", "--period", "2025", exit_code=2)
    assert "(401)" in said
    assert wrong not in said
