"""Manifests: YAML files that say what an entity or a chamber is.

YAML is read as JSON with less punctuation: text, whole numbers, ``true``, ``false`` and
``null``, nothing else. A date stays the text it is, ``NO`` is the chamber of Novara and not
"false", and neither tags nor aliases are taken. Every fault is told with file and line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import Field, ValidationError

from services.api.cli.failures import RefusedError
from services.api.cli.files import read_file
from shared.contracts.base import Contract
from shared.contracts.chamber import FORMAT, ChamberConfiguration, Code, Label
from shared.contracts.chamber_reading import ConfigurationRefusedError, read_configuration
from shared.contracts.issues import Issue, issues_from, pointer
from shared.runtime.language import in_terminal_language

ENTITY_FORMAT = "ciclo/entity@1"

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
"""What YAML takes plain values for; they are read as below whichever it is."""


class EntityManifest(Contract):
    """An entity, to be made before its chambers."""

    format: str = Field(pattern=rf"^{ENTITY_FORMAT}$")
    code: Code
    title: Label


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was read: the document as written, and what it says."""

    file: Path
    document: Mapping[str, Any]
    content: EntityManifest | ChamberConfiguration


def read_manifests(files: Sequence[Path]) -> list[Manifest]:
    """Every manifest, entities first and successors before those they succeed.

    Raises:
        CommandFailedError: a file cannot be read.
        RefusedError: with every fault of every file.
    """
    read: list[Manifest] = []
    faults: list[Issue] = []
    for file in files:
        source = _Source(read_file(file))
        try:
            content = _content(source)
        except _FaultyError as error:
            faults += [_placed(file, source, issue) for issue in error.issues]
        else:
            read.append(Manifest(file, source.document, content))
    if faults:
        title = in_terminal_language("Manifesti con errori", "Faulty manifests")
        raise RefusedError.of_issues("manifest_refused", title, faults)
    return _in_order(read)


def write_manifest(document: Mapping[str, Any]) -> str:
    """A configuration as a manifest, without the fields that say nothing."""
    said = {key: value for key, value in document.items() if value not in (None, [], {})}
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)


def setting_value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """A value given on the command line: as in a manifest, lists as ``[it, de]``.

    Raises:
        RefusedError: the list is no YAML.
    """
    if not text.startswith("["):
        return scalar(text)
    source = _Source(f"value: {text}".encode())
    if source.faults:
        raise RefusedError.of_issues("manifest_refused", text, source.faults)
    return source.document["value"]


def scalar(text: str) -> str | int | bool | None:
    """A plain value as it is read in a manifest."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


class _FaultyError(Exception):
    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(len(issues))
        self.issues = issues


def _content(source: "_Source") -> EntityManifest | ChamberConfiguration:
    faults = list(source.faults)
    content: EntityManifest | ChamberConfiguration | None = None
    try:
        if source.document.get("format") == ENTITY_FORMAT:
            content = EntityManifest.model_validate(source.document)
        elif source.document:
            if "format" not in source.document:
                faults.append(_no_format())
            content = read_configuration(source.document)
    except ValidationError as error:
        faults += issues_from(error)
    except ConfigurationRefusedError as error:
        faults += error.issues
    if faults or content is None:
        raise _FaultyError(faults)
    return content


def _no_format() -> Issue:
    return Issue(
        pointer="/format",
        code="field_required",
        it=f"manca il formato: {FORMAT} o {ENTITY_FORMAT}",
        en=f"the format is missing: {FORMAT} or {ENTITY_FORMAT}",
    )


def _placed(file: Path, source: "_Source", issue: Issue) -> Issue:
    place = f"{file}:{source.line(issue.pointer)} {issue.pointer or '/'}"
    return issue.model_copy(update={"pointer": place})


def _in_order(read: Sequence[Manifest]) -> list[Manifest]:
    """A chamber comes after its successor, wherever both are given."""
    entities = [one for one in read if isinstance(one.content, EntityManifest)]
    waiting = [one for one in read if one not in entities]
    ordered: list[Manifest] = []
    while waiting:
        codes = {one.document.get("code") for one in waiting}
        free = [one for one in waiting if one.document.get("successor") not in codes]
        # Successors in a circle: the API refuses the one that comes first.
        ordered += free or waiting
        waiting = [one for one in waiting if one not in ordered]
    return entities + ordered


class _Source:
    """A YAML document as JSON values, and the line at which each stands."""

    def __init__(self, raw: bytes) -> None:
        self.faults: list[Issue] = []
        self._lines: dict[str, int] = {"": 1}
        self._seen: set[int] = set()
        self.document: dict[str, Any] = {}
        try:
            root = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self._unreadable(error)
            return
        value = None if root is None else self._value(root, "")
        if isinstance(value, dict):
            self.document = value
        if not self.document and not self.faults:
            self._fault("", "wrong_type", "il manifesto è un elenco di campi", "no list of fields")

    def line(self, place: str) -> int:
        """The line of the value at ``place``, or of what it should be in."""
        while place not in self._lines:
            place = place.rpartition("/")[0]
        return self._lines[place]

    def _value(self, node: yaml.Node, place: str) -> Any:  # noqa: ANN401 - any JSON value
        self._lines[place] = node.start_mark.line + 1
        if id(node) in self._seen:
            self._fault(place, "alias", "alias non ammesso", "aliases are not allowed")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, f"{place}/{at}") for at, item in enumerate(node.value)]
        return self._scalar(cast("yaml.ScalarNode", node), place)

    def _pairs(self, node: yaml.MappingNode, place: str) -> Iterator[tuple[str, Any]]:
        given: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            inside = place + pointer([name])
            if name in given:
                self._lines[inside] = key.start_mark.line + 1
                self._fault(
                    inside, "duplicate_field", f"scritto due volte: {name}", f"twice: {name}"
                )
            given.add(name)
            yield name, self._value(value, inside)
            self._lines[inside] = key.start_mark.line + 1

    def _scalar(self, node: yaml.ScalarNode, place: str) -> Any:  # noqa: ANN401 - any JSON scalar
        if node.tag not in _PLAIN_TAGS:
            self._fault(place, "tag", f"tag non ammesso: {node.tag}", f"no such tag: {node.tag}")
            return None
        text = str(node.value)
        return scalar(text) if node.style is None else text  # else quoted, or a block

    def _unreadable(self, error: Exception) -> None:
        mark = getattr(error, "problem_mark", None)
        self._lines[""] = mark.line + 1 if mark is not None else 1
        problem = getattr(error, "problem", None) or "UTF-8"
        self._fault("", "invalid_yaml", f"YAML non leggibile: {problem}", f"no YAML: {problem}")

    def _fault(self, place: str, code: str, italian: str, english: str) -> None:
        self.faults.append(Issue(pointer=place, code=code, it=italian, en=english))
