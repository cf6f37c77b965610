"""Secrets in whatever spelling: taken out of messages and kept answers, and sent along with links that lack them."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Sequence
from urllib.parse import quote, quote_plus, urlencode

import pytest

from connectors.connection import Connection
from connectors.errors import SourceChanged
from connectors.http import HttpClient, Request
from connectors.masking import masked, masked_content, unspoken
from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving

WORD = "Kunci&/@+: '\"%é<Zq9>"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in an address": lambda word: quote(word, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in an address of an address": lambda word: quote(quote(word, safe=""), safe=""),
    "in small letters": lambda word: quote(word, safe="").replace("%2F", "%2f").replace("%C3", "%c3"),
    "in JSON": lambda word: json.dumps(word)[1:-1],
    "in JSON as PHP writes it": lambda word: json.dumps(word)[1:-1].replace("/", "\\/"),
    "in JSON within JSON": lambda word: json.dumps(json.dumps(word)[1:-1])[1:-1],
    "in HTML": html.escape,
    "in numbers of HTML": lambda word: "".join(f"&#{ord(mark)};" if not mark.isalnum() else mark for mark in word),
    "in Python": lambda word: repr(word)[1:-1],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_taken_out_in_every_spelling(spelling: str) -> None:
    spelt = SPELLINGS[spelling](WORD)
    assert masked(f"sebelum {spelt} sesudah", [WORD]) == "sebelum *** sesudah"
    assert masked_content(f"sebelum {spelt} sesudah".encode(), [WORD]) == b"sebelum *** sesudah"


@pytest.mark.parametrize("code", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a:", "ab:"])
def test_nothing_can_be_decoded_of_a_secret_in_base64(code: Callable[[bytes], bytes], before: str) -> None:
    coded = code(f"{before}{WORD}".encode()).decode()
    left = masked(f"Basic {coded}", [WORD])
    # The characters at the edges hold bits of what stands beside it too.
    assert len(left) <= len("Basic ***") + 4 + len(coded) - len(code(WORD.encode()))
    assert masked_content(coded.encode(), [WORD]) != coded.encode()


def test_short_words_are_left_in_data_and_shorter_ones_in_messages() -> None:
    assert masked_content(b"layanan, 2025", ["layanan", "2025", ""]) == b"layanan, 2025"
    assert masked("layanan ab", ["layanan", "ab", ""]) == "*** ab"


def test_a_fault_keeps_its_kind_and_all_but_the_secret() -> None:
    with pytest.raises(SourceChanged) as raised, unspoken(["layanan"]):
        raise SourceChanged(id="yang ada: layanan", en="there is: layanan")
    assert (raised.value.id, raised.value.en) == ("yang ada: ***", "there is: ***")
    assert str(raised.value) == "yang ada: ***\nthere is: ***"


class Linking(FakeSystem):
    """Names its next page by an address with the token in it, as some do."""

    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        if request.params.get("kunci") != WORD:
            return Reply(status=401)
        following = {**request.params, "halaman": "2"}
        return Reply({"lanjut": f"http://{request.headers['Host']}{request.path}?{urlencode(following)}"})


def test_a_link_to_the_next_page_is_kept_without_the_token_and_followed_with_it() -> None:
    with serving(Server(Linking(), [])) as server:
        client = HttpClient(Connection("meja", host=server.url), allow=("private_addresses", "plain_http"))
        first = client.ask(Request("tiket", params={"a": "x y"}, secret_params={"kunci": WORD}))
        link = first.document()["lanjut"]
        assert link == f"{server.url}/tiket?a=x+y&kunci=***&halaman=2"
        client.ask(Request(link, secret_params={"kunci": WORD}))
    assert server.requests[1].params == {"a": "x y", "kunci": WORD, "halaman": "2"}
