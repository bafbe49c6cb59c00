"""How llama.cpp is set up for the embedded model: each number with its reason. Only the child process imports this.

Not the process's life (see `child`). The fields are llama.cpp's own `common_params`; its server's options are
described in https://github.com/ggml-org/llama.cpp/tree/master/tools/server. Measured on two cores of a small server.
"""

import os
from importlib import import_module
from typing import Any

from chat.localmodel.wheels import ENGINE_PACKAGE, MODEL

xllamacpp: Any = import_module(ENGINE_PACKAGE)  # compiled, without types; imported so, no type checker looks for them

HOST = "127.0.0.1"

SLOTS = 2
"""Answers written at the same time; more wait their turn. Two cores write ~130 tokens a second, however split."""

SLOT_TOKENS = 8192
"""What the model was trained for. A 3,000-word paste is ~5,000 tokens, and the answer needs room too.

Each slot has its own: in a shared context (`kv_unified`) one conversation too many fails all of them in mid-answer.
Costs 23 KB a token: 190 MB a slot.
"""

ANSWER_TOKENS = 1024
"""The model loops now and then, and would then write to the end of its context. Ends with finish_reason "length"."""

BATCH_TOKENS = 128
"""A prompt is read in steps of this size; other answers stand still, and a hang-up waits, for one step: ~0.5 s."""

PROMPT_CACHE_MIB = 128
"""Saved states of conversations that have lost their slot, ~5,000 tokens. Unlimited it would grow to 8 GiB."""

MAX_THREADS = 4
"""So small a model gains nothing from more, and the web server needs cores too."""

TEMPERATURE, TOP_P = 0.2, 0.9
"""What the model's authors recommend for its chat."""

REPEAT_PENALTY = 1.05
"""Over the last 64 tokens. Without, 5 of 20 answers looped until the limit; 1.1 and more bends facts and lists."""

PING_SECONDS = 1
"""Comments while a long prompt is read, so that silence means trouble.

The server looks for comments and hang-ups when nothing has happened anywhere for a second. While another answer is
being written it looks for neither until this one's first token, unless the request says `"return_progress": true`,
which makes a chunk of every batch.
"""


def serve(model: str, port: int, api_key: str) -> Any:
    """Loads the model and listens; the server lives as long as the object. Port 0 means any that is free.

    Raises RuntimeError when the file or the port is not usable.
    """
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {MODEL}
    _set_door(params, port, api_key)
    _set_size(params)
    _set_speed(params)
    _set_sampling(params)
    return xllamacpp.Server(params)


def _set_door(params: Any, port: int, api_key: str) -> None:
    """Loopback only, by key, with as few pages as it can; and silent, because its log may quote what was said."""
    params.hostnames = [HOST]
    params.port = port
    params.api_keys = [api_key]
    params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.sse_ping_interval = PING_SECONDS
    params.verbosity = -1


def _set_size(params: Any) -> None:
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * SLOT_TOKENS
    params.kv_unified = False
    params.n_predict = ANSWER_TOKENS
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.cache_ram_mib = PROMPT_CACHE_MIB


def _set_speed(params: Any) -> None:
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _threads()
    # Finding out what fits doubles the time to load, and this always fits.
    params.fit_params = False
    # On CPUs: 58 tokens a second deep in a long conversation instead of 34, for a prompt read a sixth slower.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED


def _set_sampling(params: Any) -> None:
    """For requests that say nothing else. The prompt is built by the model's own chat template, by Jinja."""
    params.use_jinja = True
    params.sampling.temp = TEMPERATURE
    params.sampling.top_p = TOP_P
    params.sampling.penalty_repeat = REPEAT_PENALTY


def _threads() -> int:
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(ours or 1, MAX_THREADS)
