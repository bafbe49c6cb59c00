"""Chaos on real processes: people chat through two servers while everything around them fails, and is then checked.

    python -m tests.faults.chaos [--seconds 600] [--seed N]

PostgreSQL, Redis, the servers, the network to and between them, the upstream and the pages themselves fail by a plan
that follows from the seed; what happens in between follows from time. When the faults are over everything has to come
right by itself, and tests/support/history.py decides whether the promises held. Exit status 1 if not.
"""

import argparse
import os
import random
import signal
import sys
import tempfile

import django


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600, help="how long things fail (600)")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311 - no secret
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and end what was started
    _say(f"seed {chosen.seed}, {chosen.seconds:.0f} s")
    with tempfile.TemporaryDirectory() as data_dir:  # nothing of a developer's own Brook is touched
        os.environ.update(DATA_DIR=data_dir, DJANGO_SETTINGS_MODULE="chat.settings")
        django.setup()
        from tests.faults.chaos_run import run  # only now: it needs Django

        verdict = run(chosen.seconds, chosen.seed, _say)
    _say(str(verdict))
    return 1 if verdict.violations else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
