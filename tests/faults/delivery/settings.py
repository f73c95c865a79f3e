"""Chatsite's settings, with a line between the processes that loses, doubles and delays hints."""

from chatsite.settings import *  # noqa: F403

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.faults.delivery.layer.LossyLayer"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # people here sign in by their session only
