"""Whether this process was asked to stop: it finishes what it has, and takes nothing new."""

_begun = False


def begin_draining() -> None:
    """Take nothing new from now on. Safe to call from a signal handler, and twice."""
    global _begun
    _begun = True


def is_draining() -> bool:
    return _begun
