"""Rendered pages as a test reads them: their elements and text. No judgement, except `inline`."""

from dataclasses import dataclass
from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}  # elements without an end
DATA = {"application/json", "importmap"}  # script elements that nobody runs; an import map needs its hash in the policy


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    text: str = ""


class Page(HTMLParser):
    """Every element of a page in document order, each with all the text inside it."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(markup)
        self.close()

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Elements of this name with these attributes; in attribute names `_` stands for `-`."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.name == name and wanted.items() <= element.attributes.items()
        ]

    def texts(self, name: str, **attributes: str) -> list[str]:
        return [" ".join(element.text.split()) for element in self.all(name, **attributes)]

    def box(self, label: str) -> Element:
        """The input that the label of this text belongs to."""
        [found] = [element for element in self.all("label") if element.text.strip() == label]
        [box] = [element for element in self.elements if element.attributes.get("id") == found.attributes["for"]]
        return box

    def inline(self) -> list[str]:
        """What our Content-Security-Policy would refuse to run or apply: inline scripts and styles, foreign files."""
        return [problem for element in self.elements for problem in _problems(element)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if any(element.name == tag for element in self._open):
            while self._open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def _problems(element: Element) -> list[str]:
    attributes = element.attributes
    problems = [f"{element.name} {name}=" for name in attributes if name == "style" or name.startswith("on")]
    if element.name == "style":
        problems.append("style element")
    if element.name == "script" and "src" not in attributes and attributes.get("type") not in DATA:
        problems.append("script without src")
    if attributes.get("href", "").lower().lstrip().startswith(("javascript:", "data:")):
        problems.append(f"{element.name} href={attributes['href']}")
    linked = attributes.get("src") or (attributes.get("href") if element.name == "link" else None)
    if linked and (not linked.startswith("/") or linked.startswith("//")):
        problems.append(f"{element.name} from elsewhere: {linked}")
    return problems
