"""Messages to a real mail server and a real webhook; what goes wrong is told without the address."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from connectors.errors import ConfigError, SourceUnavailable, TolokError
from connectors.messages import send
from tests.mailbox import Mailbox, mail_server, webhook

each_receiver = pytest.mark.parametrize("receiver", [mail_server, webhook])
TEXT = "RUN GAGAL\n- fetch.server · 2025-03: *tidak* <dapat> dihubungi"


@each_receiver
@pytest.mark.parametrize("kept_as", ["variable", "json", "file"])
def test_a_message_arrives_as_it_was_written_wherever_the_address_is_kept(
    receiver: Callable[[], AbstractContextManager[Mailbox]],
    kept_as: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiver() as box:
        if kept_as == "file":
            (tmp_path / "kabar-kota").write_text(box.address + "\n", "utf-8")
            monkeypatch.setenv("TOLOK_SECRETS", str(tmp_path))
        else:
            stored = box.address if kept_as == "variable" else json.dumps({"conn_type": "", "password": box.address})
            monkeypatch.setenv("AIRFLOW_CONN_KABAR_KOTA", stored)
        send("kabar-kota", subject="Tolok kota: 1 perlu perhatian", text=TEXT)
    ((subject, text),) = box.messages
    assert (subject, text.replace("\r\n", "\n").strip()) == ("Tolok kota: 1 perlu perhatian", TEXT)


@each_receiver
def test_a_receiver_that_refuses_is_told_without_the_address(
    receiver: Callable[[], AbstractContextManager[Mailbox]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as box:
        box.is_refusing = True
        monkeypatch.setenv("AIRFLOW_CONN_KABAR", box.address)
        with pytest.raises(SourceUnavailable) as raised:
            send("kabar", subject="s", text="t")
    assert "'kabar' tidak terkirim" in raised.value.id
    assert "tim@kota.id" not in str(raised.value)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "nonsense://Rahasia-123",
        "Rahasia-123",
        "mailto://akun:Rahasia-123@",
        "json://127.0.0.1/Rahasia-123 json://127.0.0.1/b",
        '{"host": "127.0.0.1", "login": "Rahasia-123"}',
    ],
)
def test_what_is_no_single_address_is_refused_and_not_repeated(
    stored: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KABAR", stored)
    with pytest.raises(ConfigError) as raised:
        send("kabar", subject="s", text="t")
    assert "AIRFLOW_CONN_KABAR" in raised.value.id
    assert "Rahasia-123" not in f"{raised.value}{caplog.text}{capfd.readouterr()}"


def test_nobody_listening_is_told_with_the_cause_and_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KABAR", "json://akun:Rahasia-123@127.0.0.1:9/Rahasia-123")
    # As whoever sets up logging after the import leaves it.
    logging.getLogger("apprise").propagate = True
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TolokError, match="Connection error") as raised:
        send("kabar", subject="s", text="t")
    assert "Rahasia-123" not in f"{raised.value}{caplog.text}"
