"""Production's form: the goodbye at a stop, the files of the deployment, the commands around a database."""

import asyncio
import io
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from websockets.exceptions import InvalidStatus

from accounts.tenancy import account_scope
from chats.fanout import RETURN_WITHIN_MS
from chats.queries import read_epoch
from chatsite.embedded import roles
from chatsite.kit import env
from chatsite.management.commands import bootstrap_database
from tests.chatsite.served import STOP_S, Served, open_line, served
from tests.factories import Team, make_visitor
from tests.sockets import agent_ticket, visitor_ticket

PROJECT = Path(__file__).resolve().parents[2]
VISITORS = 12
NOTICE_S = 4.0  # in which /health/ready is asked; a busy machine is slow
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


# -- the goodbye -------------------------------------------------------------------------------------------------


@pytest.mark.slow  # starts a real process, and waits while it stops
@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_process_that_is_stopped_says_goodbye_to_every_socket(
    committed_db: None, team: Team, tmp_path: Path, server: str
) -> None:
    tickets = [visitor_ticket(team, make_visitor(team)[1]) for _ in range(VISITORS + 1)]
    agent = agent_ticket(team.agent)
    with served(tmp_path, CHATSITE_SERVER=server, CHATSITE_DRAIN_NOTICE_S=str(NOTICE_S)) as web:
        asyncio.run(stop_and_listen(web, agent=agent, visitors=tickets[:-1], late=tickets[-1]))
        web.process.wait(STOP_S)
        assert [line for line in web.lines() if line["level"] not in ("info", "warning")] == []


async def stop_and_listen(web: Served, *, agent: str, visitors: list[str], late: str) -> None:
    lines = [await open_line(web.origin, "visitor", ticket) for ticket in visitors]
    lines.append(await open_line(web.origin, "agent", agent))
    web.process.send_signal(signal.SIGTERM)

    status, body = 0, ""
    async with asyncio.timeout(NOTICE_S):
        while status != 503:  # the signal needs a moment
            status, body = await asyncio.to_thread(web.ask, "/health/ready")
    assert '"draining"' in body
    assert (await asyncio.to_thread(web.ask, "/health/live"))[0] == 200
    with pytest.raises(InvalidStatus):  # a proxy asks another process then
        await open_line(web.origin, "visitor", late)

    async with asyncio.timeout(STOP_S):
        codes = await asyncio.gather(*(line.closed() for line in lines))
    assert codes == [1012] * len(lines), "no socket just breaks (1006)"
    farewells = [line.frames[-1] for line in lines]
    assert {(frame["t"], frame["code"]) for frame in farewells} == {("bye", "restart")}
    pauses = [frame.get("retry_ms", 0) for frame in farewells]
    assert all(0 <= pause < RETURN_WITHIN_MS for pause in pauses)
    assert max(pauses) - min(pauses) > RETURN_WITHIN_MS / 4, "they come back one after the other"


def test_a_socket_that_does_not_answer_the_goodbye_holds_nobody_up(
    play: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from chats import fanout

    monkeypatch.setattr(fanout, "_background", [])
    monkeypatch.setattr(fanout, "GOODBYE_WITHIN_S", 0.05)

    class Deaf:
        async def restart(self, *, retry_ms: int) -> None:
            """Say it, and hear nothing."""

    async def scenario() -> None:
        fanout.hub().open.add(Deaf())  # type: ignore[arg-type]
        await fanout.say_goodbye()

    play(scenario)
    assert "1 sockets did not answer" in caplog.text


# -- settings and secrets ----------------------------------------------------------------------------------------


def test_a_variable_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("CHATSITE_THING_FILE", str(tmp_path / "secret"))
    assert env.read_variable("CHATSITE_THING") == "from the file"
    monkeypatch.setenv("CHATSITE_THING", "from the environment")
    assert env.read_variable("CHATSITE_THING") == "from the environment"
    assert env.read_variable("CHATSITE_OTHER") == ""


def test_passwords_of_roles_come_from_their_urls() -> None:
    urls = {variable: f"postgresql://{role}:p%40{role}@db/chatsite" for role, variable in roles.VARIABLES.items()}
    passwords = bootstrap_database.read_passwords(urls)
    assert passwords == {role: f"p@{role}" for role in roles.LOGINS}
    urls["DATABASE_URL"] = "postgresql://postgres:x@db/chatsite"
    with pytest.raises(CommandError, match="DATABASE_URL must be a URL of chatsite_app"):
        bootstrap_database.read_passwords(urls)


def test_a_file_shows_that_worker_and_beat_work(tmp_path: Path, settings: Any) -> None:
    from celery.signals import after_task_publish, heartbeat_sent

    for signal_ in (heartbeat_sent, after_task_publish):
        settings.ALIVE_PATH = str(tmp_path / f"alive-{id(signal_)}")
        signal_.send(sender=None)
        assert Path(settings.ALIVE_PATH).exists()
    settings.ALIVE_PATH = ""
    heartbeat_sent.send(sender=None)  # nobody asked: nothing happens


def test_secrets_are_made_once_and_for_us_alone(tmp_path: Path) -> None:
    def make() -> dict[str, str]:
        subprocess.run(["sh", str(PROJECT / "deploy" / "make_secrets.sh")], cwd=tmp_path, check=True)
        return {path.name: path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}

    made = make()
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert len(made["secret_key"]) >= 50
    assert made["database_admin_url"] == f"postgresql://postgres:{made['postgres_password']}@postgres/postgres"
    passwords = bootstrap_database.read_passwords({name: made[name.lower()] for name in roles.VARIABLES.values()})
    assert len(set(passwords.values())) == len(roles.LOGINS)
    (tmp_path / "secrets" / "secret_key").unlink()
    again = make()
    assert again.pop("secret_key") != made.pop("secret_key")
    assert again == made


# -- the files of the deployment ---------------------------------------------------------------------------------


def compose() -> str:
    return (PROJECT / "docker-compose.yml").read_text()


def test_images_are_pinned() -> None:
    images = re.findall(r"^\s+image: (\S+)", compose(), re.M)
    images += re.findall(r"^ARG PYTHON=(\S+)", (PROJECT / "Dockerfile").read_text(), re.M)
    assert len(images) >= 6
    assert [image for image in images if not re.search(r":[^:]*\d+\.\d+", image) or "latest" in image] == []


def test_every_secret_is_made_and_every_variable_is_known() -> None:
    declared = set(re.findall(r"^  (\w+): \{file: \./secrets/\1\}", compose(), re.M))
    made = re.findall(r'^\s*keep "?(\w+)', (PROJECT / "deploy" / "make_secrets.sh").read_text(), re.M)
    assert declared == {*made, *(f"database_{role}_url" for role in ("owner", "platform", "sweeper"))} - {"database_"}
    used = set(re.findall(r"^\s+((?:CHATSITE|DATABASE|REDIS)_\w+?)(?:_FILE)?:", compose(), re.M))
    for_nginx = set(re.findall(r"\$\{(CHATSITE_\w+)\}", (PROJECT / "deploy" / "nginx.conf").read_text()))
    assert used - for_nginx - {"DATABASE_ADMIN_URL"} <= set(env.KNOWN)
    assert for_nginx <= used


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = re.findall(r'"([^"]+:\d+)"', " ".join(re.findall(r"ports: (\[.*\])", compose())))
    assert [port for port in published if not port.startswith(("127.0.0.1:", "${CHATSITE_HTTP"))] == []


def render_nginx(folder: Path, *, ports: list[int], listen: str) -> Path:
    """Fill the template in as the image does, and put it into a configuration that runs without rights."""
    values = {
        "CHATSITE_UPSTREAMS": " ".join(f"server 127.0.0.1:{port};" for port in ports),
        "CHATSITE_RESOLVER": "",
        "CHATSITE_HOST": "_",
        "CHATSITE_LISTEN": listen,
        "CHATSITE_CACHE": str(folder / "cache"),
    }
    text = (PROJECT / "deploy" / "nginx.conf").read_text()
    for name, filled in values.items():
        text = text.replace("${" + name + "}", filled)
    assert "${" not in text
    (folder / "chatsite.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {folder}/pid; events {{ worker_connections 4096; }}\n"
        f"http {{ {temporary} include {folder}/chatsite.conf; }}\n"
    )
    return whole


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    configuration = render_nginx(tmp_path, ports=[9001, 9002], listen="127.0.0.1:9000")
    text = (tmp_path / "chatsite.conf").read_text()
    active = re.sub(r"#.*", "", text)
    assert "$proxy_add_x_forwarded_for" not in active and "X-Forwarded-For $remote_addr" in active
    locations = re.findall(r"location [^{]*\{([^}]*)\}", active)
    assert len(locations) >= 3 and "proxy_set_header" not in "".join(locations), "it would drop the server's headers"
    logged = re.search(r"log_format .*?;", active, re.S)
    assert logged and not re.search(r"\$(request_uri|args|request|query_string|remote_addr|http_)\b", logged[0])
    if NGINX is None:
        pytest.skip("nginx is not installed, so its own check of deploy/nginx.conf was not run")
    checked = subprocess.run(
        [NGINX, "-t", "-e", str(tmp_path / "error"), "-c", str(configuration)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


# -- after a restore ---------------------------------------------------------------------------------------------


def test_a_new_epoch_reaches_the_next_welcome(committed_db: None, team: Team) -> None:
    before, said = _epoch(team), io.StringIO()
    call_command("bump_epoch", stdout=said)
    assert said.getvalue() == "The logs' epoch is new.\n"
    assert _epoch(team) != before


def _epoch(team: Team) -> str:
    with account_scope(team.account.pk):
        return read_epoch()
