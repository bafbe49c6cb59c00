"""How static files get their names: hashed by content, so that a browser may keep them for ever. And how the libraries
that npm installs (package.json) come among them: only the files that the page loads, and under the names by which our
modules import them.
"""

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from servestatic.compress import Compressor
from servestatic.storage import CompressedManifestStaticFilesStorage

LIBRARIES = {
    "markdown-it/dist/browser": ("markdown-it.esm.min.mjs",),
    "dompurify/dist": ("purify.es.mjs",),
    "katex/dist": ("katex.min.js", "katex.min.css", "fonts/*"),
    "@highlightjs/cdn-assets/es": ("core.min.js",),
}
"""Folders of node_modules, and what of each is served, under vendor/. The languages of code come on top."""

LANGUAGES = """
    bash c cmake cpp csharp css dart delphi diff dockerfile elixir elm erlang fortran fsharp go gradle graphql groovy
    haskell http ini java javascript json julia kotlin latex less lisp lua makefile markdown matlab nginx nix objectivec
    ocaml perl php powershell prolog protobuf python r ruby rust scala scheme scss shell sql swift typescript vbnet vim
    wasm x86asm xml yaml
""".split()  # noqa: SIM905  a list literal would have a line for each
"""Those of highlight.js that people ask language models for."""

MODULES = {
    "markdown-it/browser": "vendor/markdown-it/dist/browser/markdown-it.esm.min.mjs",
    "dompurify": "vendor/dompurify/dist/purify.es.mjs",
    "katex": "vendor/katex/dist/katex.min.js",
    "katex/style": "vendor/katex/dist/katex.min.css",
    "highlight.js": "vendor/@highlightjs/cdn-assets/es/core.min.js",
    **{f"highlight.js/{name}": f"vendor/@highlightjs/cdn-assets/es/languages/{name}.min.js" for name in LANGUAGES},
}
"""What our modules import by name: the page's import map."""


FIRST = ("js/", "css/", "vendor/markdown-it/")
"""What the first load is made of: packed as small as can be."""


class QuickCompressor(Compressor):
    """For all else: Brotli at its best would take three seconds of every start."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=5))  # type: ignore[no-untyped-call]  # has no types


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports of ES modules, which Django 5.2 does only where a subclass asks for it. Those of our
    own modules: in others it would look for a second, and take what merely looks like an import for one.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # a hash is certain when those of its imports are: the longest chain, and one
    keep_intermediate_files = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compressor: type[Compressor] = QuickCompressor
        patterns = self._patterns  # type: ignore[attr-defined]  # Django's own, and the only way to say which files
        patterns["js/*.js"] = [(_relative(rule), rewritten) for rule, rewritten in patterns.pop("*.js")]

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return self._compressor(**kwargs)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Only the files by their hashed names, which are those that pages name."""
        names = set(paths) & set(self.hashed_files.values())
        first = {name for name in names if name.startswith(FIRST)}
        for self._compressor, chosen in ((Compressor, first), (QuickCompressor, names - first)):
            yield from super().compress_files(chosen)


def _relative(rule: re.Pattern[str]) -> re.Pattern[str]:
    """Django takes what `import()` names for a file; a bare name is one of the import map."""
    return re.compile(rule.pattern.replace(r"""import\(["'](?P<url>.""", r"""import\(["'](?P<url>[./]."""), rule.flags)


class LibraryFinder(BaseFinder):
    """Finds the files of `LIBRARIES` and `LANGUAGES` in node_modules, under vendor/."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.LIBRARIES_DIR)
        self.storage.prefix = "vendor"  # type: ignore[attr-defined]  # collectstatic asks for it

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in _library_files():
            yield name, self.storage

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        name = path.removeprefix("vendor/")
        found = [str(settings.LIBRARIES_DIR / name)] if name != path and name in _library_files() else []
        return found if find_all or kwargs.get("all") else next(iter(found), [])


def libraries_are_missing() -> bool:
    """Whether npm has not yet installed what the page needs."""
    names = [path.removeprefix("vendor/") for path in MODULES.values()]
    return not all((settings.LIBRARIES_DIR / name).is_file() for name in names)


def libraries(request: HttpRequest) -> dict[str, SafeString]:
    """For templates."""
    return {"import_map": import_map()}


@functools.cache
def import_map() -> SafeString:
    """The JSON by which a browser finds what our modules import by name. Nothing in it is anybody's but ours."""
    addresses = {name: staticfiles_storage.url(path) for name, path in MODULES.items()}
    return mark_safe(json.dumps({"imports": addresses}))  # noqa: S308  escaped, it would be no JSON


@functools.cache
def import_map_hash() -> str:
    """By which the Content-Security-Policy lets exactly this import map in: nothing else that is inline."""
    digest = hashlib.sha256(import_map().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@functools.cache
def _library_files() -> tuple[str, ...]:
    patterns = [(folder, pattern) for folder, patterns in LIBRARIES.items() for pattern in patterns]
    patterns += [("@highlightjs/cdn-assets/es/languages", f"{name}.min.js") for name in LANGUAGES]
    found = [path for folder, pattern in patterns for path in sorted((settings.LIBRARIES_DIR / folder).glob(pattern))]
    return tuple(path.relative_to(settings.LIBRARIES_DIR).as_posix() for path in found)
