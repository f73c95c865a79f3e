"""What a process counts, for Prometheus. Plain counters of the process: no label ever names an account or a person.

Served on a port of its own (`CHATSITE_METRICS_LISTEN`), which no proxy leads to; nothing counts in worker and beat.
"""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics, start_http_server

disable_created_metrics()  # type: ignore[no-untyped-call]  # twice as many lines that nobody reads


class Children(dict[str, Any]):
    """A metric's children by the value of its one label, found without the metric's lock."""

    def __init__(self, metric: Any) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, value: str) -> Any:
        child = self[value] = self._metric.labels(value)
        return child


# -- the message path ----------------------------------------------------------------------------------------
ACKS = Children(
    Counter(
        "chatsite_acks",
        "Messages settled: new and dup were acknowledged; the others are codes of refusals.",
        ["outcome"],
    )
)
COMMIT_EVENTS = Histogram(
    "chatsite_commit_events", "Messages in one group commit.", buckets=(1, 2, 5, 10, 20, 50, 100, 200)
)
COMMIT_SECONDS = Histogram(
    "chatsite_commit_seconds",
    "From handing a batch to the writer until its messages are durable or refused.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
LANE_ENTRIES = Children(
    Gauge("chatsite_lane_entries", "Messages that wait for a commit: common, and of busy chats.", ["lane"])
)

# -- sockets and what repairs them ---------------------------------------------------------------------------
SOCKETS = Children(Gauge("chatsite_sockets", "Open sockets.", ["audience"]))
SLOW_READERS = Counter("chatsite_slow_readers_closed", "Sockets closed because they fell too far behind.")
SYNCS = Children(Counter("chatsite_syncs", "Times a client asked for events that it had not been shown.", ["audience"]))
HINTS_LOST = Counter("chatsite_hints_lost", "Publishes to the other processes that failed; heartbeats repair them.")
HEARTBEATS_LATE = Counter("chatsite_heartbeats_late", "Rounds of heartbeats that came late: the process is overloaded.")

# -- pages ---------------------------------------------------------------------------------------------------
HTTP_ANSWERS = Children(Counter("chatsite_http_answers", "Answers over HTTP by class of status.", ["status"]))


def serve_metrics(listen: str) -> None:
    """Answer Prometheus at `listen` (host:port) from a thread of its own. Raises OSError where that is taken."""
    host, _, port = listen.rpartition(":")
    start_http_server(int(port), addr=host.strip("[]") or "127.0.0.1")
