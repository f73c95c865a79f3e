import json
from django.test import Client
from tests.factories import *
from django.conf import settings as s
from accounts.models import Person
def test_x(committed_db, team, other_team, settings):
    c = Client(raise_request_exception=False)
    r = c.get("/accounts/login/"); print(r.status_code, dict(r.headers)); print(r.content[:300])
    r = c.post("/accounts/login/", {"login": team.agent.person.email, "password": "wrong"}); print(r.status_code)
    r = c.post("/accounts/login/", {"login": team.agent.person.email.upper(), "password": PASSWORD}); print(r.status_code, r.headers, r.cookies)
    r = c.get("/console/"); print(r.status_code, dict(r.headers), r.content[:200])
    for u in ["/settings/sites/%00/", "/console/ended?before=%00", "/w/%00/config.json", f"/w/{team.site.public_id}/frame", "/w/x/frame","/widget.js","/nope", "/settings/sites/"]:
        r = c.get(u, HTTP_ACCEPT="application/json"); print(u, r.status_code, dict(r.headers), r.content[:200])
    for body in [{"site": team.site.public_id, "language": "\0"}, {"site": team.site.public_id, "page": {"url":"https://x/\0", "title":"a\0"}}, {"site":"\0"}, {"site": team.site.public_id, "token":"\0"}]:
        r = c.post("/w/session", json.dumps(body), content_type="application/json", HTTP_ORIGIN=s.ORIGIN); print(body, r.status_code, r.content)
    r = c.post("/w/session", b'{"site":"\\ud800"}', content_type="application/json", HTTP_ORIGIN=s.ORIGIN); print(r.status_code, r.content)
    from django.db import connections
    with connections["default"].cursor() as cur:
        cur.execute("select count(*) from account_emailaddress"); print("emails", cur.fetchall())
        cur.execute("select current_user"); print(cur.fetchall())
