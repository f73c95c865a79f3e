"""The watch over idle transactions finds one, and leaves alone what holds a test together."""

import pytest

from chatsite.embedded.roles import APP
from tests.databases import connect
from tests.transactions import Watch


@pytest.mark.usefixtures("committed_db")
def test_an_open_transaction_in_which_nothing_happens_is_found(transaction_watch: Watch) -> None:
    with connect(APP) as connection, connection.transaction():
        connection.execute("SELECT 'left open'")
        transaction_watch.look(longest_s=0)
    found = transaction_watch.findings()
    assert [line for line in found if line.startswith("chatsite_app, idle") and "left open" in line]


@pytest.mark.usefixtures("committed_db")
def test_a_connection_between_transactions_is_not(transaction_watch: Watch) -> None:
    with connect(APP) as connection:
        connection.execute("SELECT 'finished'")
        transaction_watch.look(longest_s=0)
    assert not [line for line in transaction_watch.findings() if "finished" in line]


@pytest.mark.django_db
def test_the_transaction_around_a_test_is_not(transaction_watch: Watch) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 'a test of its own'")
    transaction_watch.look(longest_s=0)
    assert not [line for line in transaction_watch.findings() if "of its own" in line]
