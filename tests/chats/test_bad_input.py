"""Whatever a browser sends: the socket answers or is closed with the documented code, and no traceback is logged."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chats.consumers.visitor import VisitorSocket
from chats.protocol import ERROR_CODES, FRAME_MAX_BYTES, TEXT_MAX_CHARS, Close
from tests.chats.conftest import Scenario
from tests.chats.scene import Scene, kinds, refused
from tests.factories import cmid, make_chat
from tests.sockets import Client, in_thread

pytestmark = pytest.mark.usefixtures("no_traceback", "no_limits")
Act = Callable[[Scenario], Any]

NULS = "chat_\x00"
DEEP = '{"x":' + "[" * 20_000 + "]" * 20_000 + "}"

BAD_FRAMES = {
    "no JSON": "hello",
    "blank": " ",
    "half a frame": '{"t":"ping"',
    "two frames": '{"t":"ping"}{"t":"ping"}',
    "no object": "[1,2]",
    "null": "null",
    "a number": "7",
    "no kind": '{"n":1}',
    "unknown kind": '{"t":"shout","text":"x"}',
    "kind of the server": '{"t":"ack","cmid":"x","chat":"y","seq":1,"id":"z","at":""}',
    "name of a method": '{"t":"websocket_disconnect"}',
    "kind is no text": '{"t":{"$gt":""}}',
    "a field too many": '{"t":"ping","n":1,"account_id":2}',
    "a field missing": '{"t":"send","chat":"x"}',
    "object for text": '{"t":"sync","chat":{"$ne":1},"after":0}',
    "text for number": '{"t":"sync","chat":"x","after":"0"}',
    "NaN": '{"t":"ping","n":NaN}',
    "infinite": '{"t":"ping","n":1e999}',
    "negative": '{"t":"ping","n":-1}',
    "a fraction": '{"t":"ping","n":1.5}',
    "huge number": '{"t":"ping","n":%s}' % ("9" * 4_000),
    "over 2^53": '{"t":"sync","chat":"x","after":9007199254740993}',
    "deep arrays": "[" * 30_000,
    "deep in a field": DEEP,
    "half a surrogate pair": '{"t":"ping","n":1,"x":"\\ud800"}',
    "a lone surrogate in the text itself": '{"t":"ping","n":1,"x":"\ud800"}',
    "long chat id": '{"t":"sync","chat":"%s","after":0}' % ("x" * 65),
    "byte order mark": '\ufeff{"t":"ping"}',
    "hello again": '{"t":"hello","v":1,"ticket":"x"}',
}


@pytest.mark.parametrize("path", ["visitor", "agent"])
def test_a_bad_frame_is_refused_and_the_socket_lives_on(act: Act, path: str) -> None:
    async def scenario(scene: Scene) -> None:
        client = await getattr(scene, path)()
        for name, text in BAD_FRAMES.items():
            await client.send_raw(text)
            answer = await client.next()
            assert (answer["t"], answer["code"]) == ("err", "bad_frame"), name
            assert await client.settled() == [], name

    act(scenario)


def test_a_refusal_names_the_cmid_and_the_chat_where_it_can(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        await visitor.send_raw('{"t":"send","cmid":"c1","chat":"chat_x","text":5}')
        answer = await visitor.next()
        assert (answer["code"], answer["cmid"], answer["chat"]) == ("bad_frame", "c1", "chat_x")
        await visitor.send_raw(json.dumps({"t": "nope", "cmid": "c" * 5_000}))
        assert len((await visitor.next())["cmid"]) == 64

    act(scenario)


@pytest.mark.parametrize("path", ["visitor", "agent"])
def test_an_id_that_no_chat_can_have_is_absent(act: Act, path: str) -> None:
    async def scenario(scene: Scene) -> None:
        client = await getattr(scene, path)()
        for chat in ["x", NULS, "chat_\u202e", "%", "' OR 1=1 --", "\U0001f600", "../../x"]:
            for frame in (
                {"t": "sync", "chat": chat, "after": 0},
                {"t": "history", "chat": chat, "before": 5},
                {"t": "read", "chat": chat, "seq": 1},
                {"t": "typing", "chat": chat, "on": True},
                {"t": "send", "chat": chat, "cmid": cmid(), "text": "x"},
                {"t": "end", "chat": chat, "cmid": cmid()},
            ):
                assert await refused(client, **frame) == "not_found", frame

    act(scenario)


def test_a_message_is_checked_before_it_is_stored(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        cases = {
            "": "empty_text",
            "  \n\t ": "empty_text",
            "\u200b\u200d\ufeff\u2060": "empty_text",
            "\x00\x01": "empty_text",
            "\u0301\u0301": "empty_text",
        }
        for text, code in cases.items():
            assert await refused(visitor, t="start", cmid=cmid(), text=text) == code, ascii(text)
        assert (await visitor.settled()) == []

    act(scenario)


def test_a_text_over_the_limit_is_refused_and_the_longest_is_taken(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        assert await refused(visitor, t="start", cmid=cmid(), text="x" * (TEXT_MAX_CHARS + 1)) == "text_too_long"
        longer_in_nfc = "ab\u0958" * 2_100
        assert await refused(visitor, t="start", cmid=cmid(), text=longer_in_nfc) == "text_too_long"
        frame = {"t": "start", "cmid": cmid(), "text": "\U0001f469" * TEXT_MAX_CHARS}
        await visitor.send_raw(json.dumps(frame, ensure_ascii=False))  # as browsers write it
        chat = (await visitor.until("ack"))["chat"]
        await visitor.send(t="sync", chat=chat, after=0)
        page = await visitor.until("events")
        assert page["events"][0]["text"] == "\U0001f469" * TEXT_MAX_CHARS

    act(scenario)


def test_a_cmid_that_is_no_uuid_is_refused(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, chat = await scene.talk()
        for word in ("", "7", "x" * 36, "00000000-0000-0000-0000-00000000000g", "{urn:uuid}", "\x00"):
            for client, frame in (
                (visitor, {"t": "start", "text": "x"}),
                (visitor, {"t": "send", "chat": chat, "text": "x"}),
                (visitor, {"t": "end", "chat": chat}),
                (agent, {"t": "take", "chat": chat}),
                (agent, {"t": "send", "chat": chat, "text": "x"}),
                (agent, {"t": "end", "chat": chat}),
            ):
                assert await refused(client, cmid=word, **frame) == "bad_cmid", (word, frame)

    act(scenario)


def test_a_frame_over_64_kib_is_refused_and_one_of_just_that_size_is_read(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        head, tail = f'{{"t":"start","cmid":"{cmid()}","text":"', '"}'
        room = FRAME_MAX_BYTES - len(head) - len(tail)
        await visitor.send_raw(head + "x" * room + tail)
        assert (await visitor.next())["code"] == "text_too_long"
        await visitor.send_raw(head + "x" * (room + 1) + tail)
        assert (await visitor.next())["code"] == "too_big"
        await visitor.send_raw(head + "\u00e9" * (room // 2 + 1) + tail)
        assert (await visitor.next())["code"] == "too_big", "bytes count, not characters"
        assert await visitor.settled() == []

    act(scenario)


def test_a_binary_frame_closes_the_socket(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        for client in (await scene.visitor(), await scene.agent()):
            await client.send_raw(data=b'{"t":"ping"}')
            assert await client.closed() == Close.PROTOCOL

    act(scenario)


FIRST_FRAMES: list[str | bytes] = [
    '{"t":"ping"}', " ", "x", DEEP, "\ud800", '{"t":"hello"}', '{"t":"hello","v":1}',
    '{"t":"hello","v":"1","ticket":""}',
    '{"t":"hello","v":1,"ticket":"%s"}' % ("x" * 513), "x" * (FRAME_MAX_BYTES + 1), b"\x00\xff",
]  # fmt: skip


def test_a_first_frame_that_is_no_hello_closes_the_socket(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        for first in FIRST_FRAMES:
            for path in ("/ws/visitor", "/ws/agent"):
                client = Client(path)
                await client.line.connect()
                await client.send_raw(**({"data": first} if isinstance(first, bytes) else {"text": first}))
                assert await client.closed() == Close.PROTOCOL, first[:50]
                assert client.frames[-1]["t"] == "bye"

    act(scenario)


def test_a_page_with_strange_characters_is_recorded_without_them(act: Act) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, agent, _ = await scene.talk()
        page = {"url": "https://shop.example.com/a\x00b\x1b?token=1#x", "title": "a\x00b\x1b[31m\u202e"}
        await visitor.send(t="viewing", page=page)
        assert await visitor.settled() == []
        (frame,) = await agent.settled()
        assert frame["t"] == "visitor"
        assert "\x00" not in frame["visitor"]["page_title"] and "\x1b" not in frame["visitor"]["page_title"]
        assert "\x00" not in frame["visitor"]["page_url"] and "?" not in frame["visitor"]["page_url"]

    act(scenario)


def test_what_a_client_calls_itself_never_becomes_a_channels_message(act: Act) -> None:
    """In Channels the key `type` picks a method; here it is an unknown field like any other."""

    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        for text in ('{"type":"websocket.close"}', '{"t":"ping","type":"revoke"}', '{"t":"parcels","origin":"x"}'):
            await visitor.send_raw(text)
            assert (await visitor.next())["code"] == "bad_frame"

    act(scenario)


def test_a_broken_rule_is_answered_internal_without_details(
    act: Act, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours: the socket says so and lives on; the traceback is in the log only."""

    async def broken(*args: object) -> None:
        raise ZeroDivisionError("secret detail")

    async def scenario(scene: Scene) -> None:
        visitor = await scene.visitor()
        monkeypatch.setattr(VisitorSocket, "load_chat", broken)
        await visitor.send(t="sync", chat="chat_x", after=0)
        answer = await visitor.next()
        assert (answer["t"], answer["code"]) == ("err", "internal")
        assert "secret" not in json.dumps(answer)
        assert await visitor.settled() == []

    act(scenario)
    assert "secret detail" in caplog.text
    caplog.clear()


# -- random frames ---------------------------------------------------------------------------------------------

WORDS = st.sampled_from([
    "t", "ping", "hello", "start", "send", "sync", "history", "read", "typing", "viewing", "take", "end",
    "availability", "alive", "cmid", "text", "chat", "after", "before", "seq", "on", "page", "url", "title", "n", "v",
    "ticket", "accepting", "THE-CHAT", "",
])  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS, v, max_size=4), max_leaves=8)
FRAMES = st.dictionaries(WORDS, VALUES, max_size=6) | VALUES
# Frames whose kind and fields exist, with values of any type: these reach further in.
LIKELY = st.fixed_dictionaries(
    {"t": WORDS},
    optional={
        "chat": st.sampled_from(["THE-CHAT", "chat_x", NULS]) | LEAVES,
        "cmid": st.uuids().map(str) | LEAVES,
        "text": st.text(max_size=40) | LEAVES,
        "after": LEAVES,
        "before": LEAVES,
        "seq": st.integers(0, 2**53) | LEAVES,
        "on": LEAVES,
        "accepting": LEAVES,
        "n": LEAVES,
        "page": st.fixed_dictionaries({"url": st.text(), "title": st.text()}) | LEAVES,
    },
)
KNOWN = {"err", "pong", "ack", "event", "events", "chat", "own_chat", "read", "typing", "visitor", "presence"}


@pytest.mark.slow  # 2 x 150 random frames through sockets and Postgres
@pytest.mark.parametrize("path", ["visitor", "agent"])
def test_random_frames_get_known_answers_and_never_an_exception(act: Act, path: str) -> None:
    frames: list[Any] = []

    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(FRAMES | LIKELY)
    def collect(frame: Any) -> None:
        frames.append(frame)

    collect()

    async def scenario(scene: Scene) -> None:
        chat = (await in_thread(lambda: make_chat(scene.team))).public_id
        client, other = await getattr(scene, path)(), await scene.agent("agent2")
        for frame in frames:
            text = json.dumps(frame).replace("THE-CHAT", chat)
            await client.send_raw(text)
            seen = await client.settled()
            assert set(kinds(seen)) <= KNOWN, (text, seen)
            codes = {f["code"] for f in seen if f["t"] == "err"}
            assert codes <= set(ERROR_CODES) - {"internal"}, (text, seen)
        assert set(kinds(await other.settled())) <= KNOWN

    act(scenario)
