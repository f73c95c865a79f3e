"""The settings of the bench's servers: Chatsite's own, or with another application behind the same socket server."""

import os

from chatsite.settings import *  # noqa: F403

BENCH_APPLICATION = os.environ.get("BENCH_APPLICATION", "")  # "", "echo" or "tutorial"

if BENCH_APPLICATION:
    ASGI_APPLICATION = f"bench.{BENCH_APPLICATION}.application"
if BENCH_APPLICATION == "tutorial":
    # What the channels documentation recommends, and connections kept open: without that it is half as fast.
    INSTALLED_APPS = [*INSTALLED_APPS, "bench"]  # noqa: F405
    DATABASES = {"default": {**DATABASES["default"], "CONN_MAX_AGE": None}}  # noqa: F405
    DATABASE_ROUTERS: list[str] = []
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "capacity": 10_000},  # noqa: F405
        }
    }
