"""The embedded model's own process: llama.cpp's OpenAI-style server, for as long as its parent holds its stdin open.

Started by `process`, without Django: `python -m chat.localmodel.child --model FILE`, with the key in the environment.
It writes one line to stdout, `ready http://127.0.0.1:PORT` or `failed REASON`, and nothing else anywhere: what people
say to the model must not reach a log. End of file on stdin ends it; a parent's kill -9 causes that too.
"""

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TextIO

KEY_VARIABLE = "BROOK_LOCALMODEL_KEY"
"""Not an argument: any user of the machine can list those."""

NICENESS = 5
"""When both want a core, the web server goes first."""


def main() -> None:
    """Serves until stdin ends, and exits at once then: waiting for answers in progress is the parent's business."""
    arguments = _arguments()
    report = _take_stdout()
    # Ctrl-C reaches the whole process group; the parent drains first and closes stdin after that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_when_stdin_ends, daemon=True).start()
    with suppress(AttributeError, OSError):  # Windows has no nice; a sandbox may refuse it.
        os.nice(NICENESS)
    _serve(arguments, report)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chat.localmodel.child")
    parser.add_argument("--model", required=True, help="the GGUF file")
    parser.add_argument("--port", type=int, default=0, help="0: any free one, which leaves no race for it")
    return parser.parse_args()


def _take_stdout() -> TextIO:
    """A handle of our own to stdout. From here on the engine's stdout and stderr lead nowhere."""
    report = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return report


def _exit_when_stdin_ends() -> None:
    while os.read(0, 4096):
        pass
    # Not sys.exit: the engine's destructors wait for the answers in progress.
    os._exit(0)


def _serve(arguments: argparse.Namespace, report: TextIO) -> None:
    try:
        from chat.localmodel import engine  # here, so that a library it misses is a reason and not a traceback

        server = engine.serve(arguments.model, arguments.port, os.environ.pop(KEY_VARIABLE))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        _say(report, f"failed {type(error).__name__}: {error}")
        os._exit(1)
    _say(report, f"ready {server.listening_address}")
    threading.Event().wait()


def _say(report: TextIO, words: str) -> None:
    with suppress(BrokenPipeError), report:  # the parent may have gone meanwhile
        report.write(" ".join(words.split()) + "\n")


if __name__ == "__main__":
    main()
