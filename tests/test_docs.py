"""What the documentation says is there is there: every test, file and document that it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

TEST = re.compile(r"`(tests/[\w/.-]*)(?:::(\w+))?`")
FILE = re.compile(r"`((?:chat|docs|templates|static|tools|requirements)/[\w/.-]*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def unkept(document: Path, text: str) -> list[str]:
    """Each name in the text of a document that names nothing."""
    wrong = [f"{path}::{name}" for path, name in TEST.findall(text) if not _is_test(path, name)]
    wrong += [path for path in FILE.findall(text) if not (ROOT / path).exists()]
    return wrong + [path for path in LINK.findall(text) if not (document.parent / path).exists()]


def _is_test(path: str, name: str) -> bool:
    if not (ROOT / path).exists():
        return False
    if not name:
        return True
    found = (ROOT / path).read_text()
    return f"def {name}(" in found or f"class {name}" in found or f"{name} = " in found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_whatever_a_document_names_is_there(document):
    assert unkept(document, document.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "`tests/nowhere.py`",
        "`tests/test_docs.py::test_of_nothing`",
        "`chat/nowhere.py`",
        "[a page](nowhere.md)",
        "[a page](nowhere.md#part)",
    ],
)
def test_a_name_of_nothing_is_found(text):
    assert unkept(ROOT / "README.md", text)


def test_names_of_what_is_there_are_let_pass():
    named = (
        "`tests/test_docs.py::test_a_name_of_nothing_is_found` `tests/` `chat/env.py` [a page](docs/protocol.md#events)"
    )
    assert unkept(ROOT / "README.md", named) == []
