"""What the server can say in its own words, read from its source: refusals, errors, notices, with `HOLE` where
something differs. Names, parameters and a few functions are followed, as far as this source goes.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

HOLE = "7"
SAYS = {"Refused": 1, "UpstreamError": 1, "LocalModelError": 0, "notice": 1}
"""What is called with words for people, and the place of those among its arguments."""

CONSTANTS = ("EMBEDDED_NOTE", "EMBEDDED_PLACE")
FOLLOWED = ("_sentence", "why_unavailable")
"""Functions that make the words that others say."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Known = dict[str, list[str]]


class Speech:
    def __init__(self, sources: Iterable[str]) -> None:
        self._functions: dict[str, Function] = {}
        self._constants: dict[str, ast.expr] = {}
        self._calls: dict[str, list[tuple[ast.Call, Function | None]]] = defaultdict(list)
        for source in sources:
            self._read(ast.parse(source), None)

    def sentences(self) -> set[str]:
        """Every one, with its holes filled. What is nothing but a hole is said by somebody else."""
        found = {text for name, place in SAYS.items() for text in self._said(name, place)}
        found |= {text for name in CONSTANTS if name in self._constants for text in self._texts(self._constants[name])}
        ends = [node for node in self._constants.values() if isinstance(node, ast.Tuple) and len(node.elts) == 2]
        found |= {text for end in ends if _is_text(end.elts[1]) for text in self._texts(end.elts[1])}
        return found - {HOLE}

    def _read(self, node: ast.AST, function: Function | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                self._functions[child.name] = child
            elif isinstance(child, ast.Assign) and function is None and isinstance(child.targets[0], ast.Name):
                self._constants[child.targets[0].id] = child.value
            elif isinstance(child, ast.Call):
                self._calls[_name(child.func)].append((child, function))
            self._read(child, child if isinstance(child, Function) else function)

    def _said(self, name: str, place: int) -> Iterator[str]:
        for call, function in self._calls[name]:
            if len(call.args) > place and not isinstance(call.args[0], ast.Starred):
                for known in self._callers(function):
                    yield from self._texts(call.args[place], known, function)

    def _callers(self, function: Function | None) -> list[Known]:
        """What the parameters of a function are, for each place that calls it."""
        calls = self._calls[function.name] if function else []
        return [self._bound(function, call, caller) for call, caller in calls if function] or [{}]

    def _bound(self, function: Function, call: ast.Call, caller: Function | None, known: Known | None = None) -> Known:
        names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]
        return {name: self._texts(value, known, caller) for name, value in zip(names, call.args, strict=False)}

    def _texts(self, node: ast.AST | None, known: Known | None = None, function: Function | None = None) -> list[str]:
        """What this expression may be as a text."""
        known = known or {}
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Name(id=name) if name in known:
                return known[name]
            case ast.JoinedStr(values=parts):
                return ["".join(texts) for texts in product(*(self._texts(part, known, function) for part in parts))]
            case ast.Call(func=ast.Name(id=name)) if name in FOLLOWED:
                called = self._functions[name]
                bound = self._bound(called, node, function, known)
                return [text for value in _returned(called) for text in self._texts(value, bound, called)]
        others = self._one_of(node, function)
        return [text for one in others for text in self._texts(one, known, function)] if others else [HOLE]

    def _one_of(self, node: ast.AST | None, function: Function | None) -> list[ast.expr]:
        """Expressions one of which this one is."""
        match node:
            case ast.FormattedValue(value=value) | ast.NamedExpr(value=value):
                return [value]
            case ast.IfExp(body=body, orelse=otherwise):
                return [body, otherwise]
            case ast.BoolOp(values=values):
                return values
            case ast.Name(id=name):
                return [*_assigned(name, function), *self._constant(name)]
            case ast.Attribute(attr="words"):
                return [call.args[3] for call, _ in self._calls["Deadline"]]
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")):
                return [value for table in self._constant(name) for value in getattr(table, "values", [])]
        return []

    def _constant(self, name: str) -> list[ast.expr]:
        return [self._constants[name]] if name in self._constants else []


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _assigned(name: str, function: Function | None) -> list[ast.expr]:
    nodes = list(ast.walk(function)) if function else []
    plain = [node for node in nodes if isinstance(node, ast.Assign) and _name(node.targets[0]) == name]
    named = [node for node in nodes if isinstance(node, ast.NamedExpr) and node.target.id == name]
    return [node.value for node in (*plain, *named) if name not in _names_in(node.value)]


def _names_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _returned(function: Function) -> list[ast.expr]:
    nodes = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return [node for node in nodes if node and not (isinstance(node, ast.Constant) and node.value is None)]


def of_folders(*folders: Path) -> set[str]:
    """What the modules in these folders say."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return Speech(path.read_text("utf-8") for path in paths).sentences()
