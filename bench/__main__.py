"""`make bench`, or `python -m bench`: starts everything, measures in interleaved rounds, writes the table."""

import argparse
import os
import resource
import signal
import sys
from pathlib import Path

from bench.machine import describe_machine, name_commit
from bench.stack import FOLDER, running_stack

QUICK_S = 0.3  # of each time, for a look whether everything works


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds; the table shows their medians")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one trial")
    parser.add_argument("--idle", type=int, nargs="*", default=[5_000, 10_000], help="idle sockets; none: left out")
    parser.add_argument("--only", default="", help="parts, with commas: floors,closed,sustained,idle (default: all)")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything works")
    parser.add_argument("--profile", metavar="PY_SPY", help="path of py-spy: profile our path instead of measuring")
    return parser.parse_args()


def main() -> None:
    """Measure, print the table, and leave it with the raw numbers in .local/bench."""
    arguments = read_arguments()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 1, arguments.seconds * QUICK_S
        arguments.idle = [200] if arguments.idle else []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped and removed
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("Two cores are needed: one for the server, one for the client.")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    head = f"Commit {name_commit()}, {describe_machine()}; {arguments.rounds} rounds of {arguments.seconds:g} s."
    print(head, flush=True)
    with running_stack(server_core=cores[0], other_core=cores[-1]) as stack:
        # The settings load only now: the environment names the databases since a moment ago.
        import django

        django.setup()
        from bench import report, rounds

        if arguments.profile:
            rounds.profile(stack, py_spy=arguments.profile, seconds=arguments.seconds, out=FOLDER)
            return
        results = rounds.measure_all(stack, arguments)
    text = report.write(results, head=head)
    print(text)
    Path(FOLDER / "results.md").write_text(text)
    print(f"Written: {(FOLDER / 'results.md').relative_to(Path.cwd())}, {FOLDER.name}/results.json")


if __name__ == "__main__":
    main()
