"""The embedded default upstream: a small real model on 127.0.0.1, in a process of its own. Not a relay: it serves."""
