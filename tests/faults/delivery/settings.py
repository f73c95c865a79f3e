"""Chatsite's settings, with a line between the processes that loses, doubles and delays hints."""

import os
import time

from chats import protocol
from chatsite.settings import *  # noqa: F403

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.faults.delivery.layer.LossyLayer"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # people here sign in by their session only
if "CHATSITE_FAULTS_QUICK" in os.environ:  # everything that runs by these two, three times as fast
    protocol.HEARTBEAT_EVERY_S, protocol.LEASE_S = 5, 14
if "CHATSITE_FAULTS_CLOCK_S" in os.environ:  # a machine whose clock is wrong, as far as Python asks it
    _right, _off = time.time, float(os.environ["CHATSITE_FAULTS_CLOCK_S"])
    time.time = lambda: _right() + _off
