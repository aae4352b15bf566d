"""What may change in a PDF after somebody has signed it: very little, and nothing a reader sees.

A signature covers a prefix of the file. What was appended later is an incremental update, and a
viewer shows the updated document: so two states are compared as a viewer would read them, object
by object, and the update may only

- give a value to a signature field that had none, or add such a field, invisible, to a page;
- add or change validation data (``DSS``) and say so (``Extensions``, ``Version``);
- note the change in the metadata: dates, producer, history; the claims of conformance and the
  title stay.

Anything else is refused, also what no page shows today: an object that nothing referred to, a
reference that led nowhere and now leads somewhere, a structure tree, an attachment. The list is
closed, so what is not known is refused. The comparison is our own because pyHanko's takes minutes
on a tagged document; this one takes about a second for a hundred pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, Literal, get_args

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream
from pyhanko.pdf_utils.metadata.xmp_xml import XmpXmlProcessingError, parse_xmp

Reference = tuple[int, int]

_TRAILER_MAY_CHANGE = frozenset(
    {"/Size", "/Prev", "/XRefStm", "/ID", "/Type", "/W", "/Index", "/Filter", "/Length"}
    | {"/DecodeParms"}
)
_ROOT_MAY_CHANGE = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Version", "/Metadata"})
_ROOT_OF_VALIDATION_DATA = _ROOT_MAY_CHANGE - {"/AcroForm"}
_FORM_MAY_CHANGE = frozenset({"/Fields", "/SigFlags"})
_FIELD_MAY_GAIN = frozenset({"/V", "/AP", "/M", "/Lock"})
_NEW_FIELD_KEYS = frozenset(
    {"/Type", "/Subtype", "/FT", "/T", "/TU", "/V", "/F", "/Ff", "/Rect", "/P", "/AP", "/M"}
    | {"/Lock", "/Border", "/MK", "/DA"}
)
_INFO_MAY_CHANGE = frozenset({"/ModDate", "/Producer"})
_METADATA_MAY_CHANGE = frozenset(
    {
        ("http://ns.adobe.com/xap/1.0/", "ModifyDate"),
        ("http://ns.adobe.com/xap/1.0/", "MetadataDate"),
        ("http://ns.adobe.com/pdf/1.3/", "Producer"),
    }
)
_HISTORY = "http://ns.adobe.com/xap/1.0/mm/"

_LOCKED = 128 | 512
"""Annotation flags that keep a field from being moved or emptied."""


Part = Literal["page", "pages", "attachments", "tags", "fields", "metadata", "other"]

_TELLING = get_args(Part)
"""The parts in the order in which a reader would miss them."""


@dataclass(frozen=True)
class ForbiddenChange:
    """Something that an update did and may not."""

    reason: str
    """For the log, in English."""
    part: Part
    """Of the document, as a reader would name it."""
    page: int | None = None
    """Counted from one, where it is one page."""

    def __str__(self) -> str:
        return self.reason


class _RefusedError(Exception):
    """The update does something that it may not; the text is for the log."""

    def __init__(self, reason: str, part: Part = "other", page: int | None = None) -> None:
        super().__init__(reason)
        self.change = ForbiddenChange(reason, part, page)


def forbidden_changes(
    pdf: bytes, ends: Sequence[int], *, tail: bool = False
) -> list[ForbiddenChange | None]:
    """For each state of ``pdf`` but the last, what the next does to it that it may not.

    ``ends`` are the lengths of the states, in order.
    ``tail``: the last step is covered by no signature, so it may only bring validation data.
    """
    found: list[ForbiddenChange | None] = []
    old = _State(pdf[: ends[0]])
    for place, end in enumerate(ends[1:], start=2):
        new = _State(pdf[:end])
        found.append(_change(old, new, only_validation_data=tail and place == len(ends)))
        old = new
    return found


def _change(old: "_State", new: "_State", *, only_validation_data: bool) -> ForbiddenChange | None:
    try:
        _Comparison(old, new, only_validation_data=only_validation_data).run()
    except _RefusedError as refused:
        return refused.change
    except _ODD as error:
        return ForbiddenChange(f"{type(error).__name__}: {error}", *_part_that_differs(old, new))
    return None


_ODD = (pikepdf.PdfError, AttributeError, ValueError, TypeError, KeyError, IndexError)
"""What is raised by a document that is too strange to be compared, and so refused."""


def _part_that_differs(old: "_State", new: "_State") -> tuple[Part, int | None]:
    """For the words of a refusal only: where a reader would look for the difference."""
    try:
        before, after = _present(old), _present(new)
        places = [old.place(one) for one, print_ in before.items() if after.get(one) != print_]
        keys = sorted(_differing(old.pdf.Root, new.pdf.Root) - _ROOT_MAY_CHANGE)
    except (*_ODD, _RefusedError):
        return "other", None
    places += [(_PART_OF[key], None) for key in keys if key in _PART_OF]
    return min(places, key=lambda place: _TELLING.index(place[0]), default=("other", None))


def _present(state: "_State") -> Mapping[Reference, bytes]:
    objects: Sequence[Object | None] = list(state.pdf.objects)
    return {item.objgen: _print(item) for item in objects if item is not None}


class _State:
    """The document as a viewer reads it from some bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @cached_property
    def pdf(self) -> pikepdf.Pdf:
        """The document; what has to be repaired to be read is refused."""
        pdf = pikepdf.open(BytesIO(self._content), attempt_recovery=False, suppress_warnings=True)
        if pdf.is_encrypted:
            raise _RefusedError("encrypted")
        return pdf

    @cached_property
    def prints(self) -> Mapping[Reference, bytes]:
        """Every object, also those that nothing shows; of a reference to nothing, its nothing."""
        prints = {item.objgen: _print(item) for item in self.pdf.objects}
        if warnings := self.pdf.get_warnings():
            raise _RefusedError(f"damaged: {warnings[0]}")
        return prints

    @cached_property
    def fields(self) -> list[Reference]:
        """The form's fields, which are all signature fields where we have made the document."""
        form = self.pdf.Root.get("/AcroForm", Dictionary())
        return [item.objgen for item in form.get("/Fields", Array())]

    @cached_property
    def pages(self) -> frozenset[Reference]:
        """The pages."""
        return frozenset(page.obj.objgen for page in self.pdf.pages)

    def get(self, reference: Reference) -> Object:
        """The object of a reference."""
        return self.pdf.get_object(reference)

    def place(self, reference: Reference) -> tuple[Part, int | None]:
        """Where a reader would find an object: on the first page that shows it, or elsewhere."""
        for number, page in enumerate(self.pdf.pages, start=1):
            shown = (page.obj.get("/Contents"), page.obj.get("/Resources"), page.obj.get("/Annots"))
            if reference == page.obj.objgen or any(reference in _reached(part) for part in shown):
                return "page", number
        root = self.pdf.Root
        parts: Mapping[Part, tuple[str, ...]] = {
            "pages": ("/Pages",),
            "fields": ("/AcroForm",),
            "attachments": ("/AF", "/Names"),
            "tags": ("/StructTreeRoot",),
        }
        for part, keys in parts.items():
            if any(reference in _reached(root.get(key)) for key in keys):
                return part, None
        return "other", None


def _print(item: Object) -> bytes:
    """The bytes of an object; of what it refers to, the references."""
    if isinstance(item, Stream):
        return item.stream_dict.unparse() + b"\n" + item.read_raw_bytes()
    return item.unparse(resolved=True)


@dataclass(frozen=True)
class _Comparison:
    """Two states, the first of which was signed."""

    old: _State
    new: _State
    only_validation_data: bool

    def run(self) -> None:
        """Raises ``_RefusedError`` at the first change that may not be."""
        self._compare_trailers()
        changed = [
            reference
            for reference, print_ in self.old.prints.items()
            if self.new.prints.get(reference) != print_
        ]
        rules = self._rules()
        for reference in changed:
            rule = rules.get(reference)
            if rule is None:
                raise _RefusedError(f"object {reference[0]} changed", *self.old.place(reference))
            rule(self.old.get(reference), self.new.get(reference))
        # Direct parts are compared with what holds them; indirect ones may also be exchanged.
        self._compare_roots(self.old.pdf.Root, self.new.pdf.Root)

    def _rules(self) -> dict[Reference, Any]:
        """For every object that may change, what compares its old and its new value."""
        root, trailer = self.old.pdf.Root, self.old.pdf.trailer
        rules: dict[Reference, Any] = {root.objgen: self._compare_roots}
        rules |= dict.fromkeys(_tree(root.get("/DSS")), _accept_container)
        rules |= dict.fromkeys(_tree(root.get("/Extensions")), _accept_container)
        rules[_reference(root.get("/Metadata"))] = _compare_metadata
        rules[_reference(trailer.get("/Info"))] = _compare_information
        if self.only_validation_data:
            rules.pop((0, 0), None)
            return rules
        rules |= dict.fromkeys(self.old.pages, self._compare_pages)
        for page in self.old.pdf.pages:
            rules[_reference(page.obj.get("/Annots"))] = self._compare_annotations
        rules |= dict.fromkeys(self.old.fields, self._compare_fields)
        form = root.get("/AcroForm", Dictionary())
        rules[_reference(form)] = self._compare_forms
        rules[_reference(form.get("/Fields"))] = self._compare_lists
        rules.pop((0, 0), None)
        return rules

    def _compare_trailers(self) -> None:
        old, new = self.old.pdf.trailer, self.new.pdf.trailer
        for key in _differing(old, new) - _TRAILER_MAY_CHANGE:
            if key != "/Info" or "/Info" in old:
                raise _RefusedError(f"trailer: {key}")
        if "/ID" in old and bytes(old.ID[0]) != bytes(new.ID[0]):
            raise _RefusedError("trailer: /ID")

    def _compare_roots(self, old: Object, new: Object) -> None:
        may = _ROOT_OF_VALIDATION_DATA if self.only_validation_data else _ROOT_MAY_CHANGE
        _refuse_beyond("catalogue", _differing(old, new), may)
        if "/Metadata" in old:
            if not isinstance(new.get("/Metadata"), Stream):
                raise _RefusedError("catalogue: /Metadata", "metadata")
            _compare_metadata(old.Metadata, new.Metadata)
        self._compare_forms(old.get("/AcroForm", Dictionary()), new.get("/AcroForm", Dictionary()))

    def _compare_forms(self, old: Object, new: Object) -> None:
        _refuse_beyond("form", _differing(old, new), _FORM_MAY_CHANGE)
        self._compare_lists(old.get("/Fields", Array()), new.get("/Fields", Array()))

    def _compare_lists(self, old: Object, new: Object) -> None:
        """A list of fields or annotations may get new signature fields at its end."""
        before, after = [item.objgen for item in old], [item.objgen for item in new]
        if after[: len(before)] != before:
            raise _RefusedError("a list of fields or annotations lost or moved something", "fields")
        for item in list(new)[len(before) :]:
            self._require_invisible_signature(item)

    def _compare_annotations(self, old: Object, new: Object) -> None:
        self._compare_lists(old, new)

    def _compare_pages(self, old: Object, new: Object) -> None:
        number = self.old.place(old.objgen)[1]
        _refuse_beyond("page", _differing(old, new), frozenset({"/Annots"}), number)
        self._compare_lists(old.get("/Annots", Array()), new.get("/Annots", Array()))

    def _compare_fields(self, old: Object, new: Object) -> None:
        """A signature field without a value may get one; what is signed stays as it is."""
        changed = _differing(old, new)
        if old.get("/FT") != Name.Sig or "/Kids" in old or "/V" in old:
            raise _RefusedError("a field changed that was not an empty signature field", "fields")
        if "/F" in changed and int(new.get("/F", 0)) & ~_LOCKED != int(old.get("/F", 0)):
            raise _RefusedError("field: /F", "fields")
        _refuse_beyond("field", changed, _FIELD_MAY_GAIN | {"/F"})
        _require_value(new)
        if "/AP" in changed:
            _require_unseen(new)

    def _require_invisible_signature(self, item: Object) -> None:
        if not isinstance(item, Dictionary) or item.objgen in self.old.prints:
            raise _RefusedError("something that was there became a field", "fields")
        _refuse_beyond("new field", set(item.keys()), _NEW_FIELD_KEYS)
        if item.get("/FT") != Name.Sig or item.get("/Subtype") != Name.Widget:
            raise _RefusedError("a new annotation is no signature field", "fields")
        if item.objgen not in self.new.fields:
            raise _RefusedError("a new annotation is not in the form", "fields")
        _require_value(item)
        _require_unseen(item)


def _differing(old: Object, new: Object) -> set[str]:
    """Keys whose values differ, by what is written there."""
    if not isinstance(old, Dictionary) or not isinstance(new, Dictionary):
        raise _RefusedError("a dictionary became something else")
    return {
        key
        for key in {*old.keys(), *new.keys()}
        if key not in old or key not in new or _shallow(old[key]) != _shallow(new[key])
    }


def _shallow(value: Object | Any) -> bytes:  # noqa: ANN401 - pikepdf turns scalars into Python's
    return value.unparse() if isinstance(value, Object) else repr(value).encode()


_PART_OF: Mapping[str, Part] = {
    "/AF": "attachments",
    "/Names": "attachments",
    "/Pages": "pages",
    "/StructTreeRoot": "tags",
    "form": "fields",
    "field": "fields",
    "new field": "fields",
    "information": "metadata",
}


def _refuse_beyond(
    where: str, changed: set[str], may: frozenset[str], page: int | None = None
) -> None:
    beyond = sorted(changed - may)
    if beyond:
        parts: list[Part] = [_PART_OF[name] for name in (where, *beyond) if name in _PART_OF]
        part: Part = "page" if page else min(parts, key=_TELLING.index, default="other")
        raise _RefusedError(f"{where}: {', '.join(beyond)}", part, page)


def _require_value(field: Object) -> None:
    value = field.get("/V")
    if not isinstance(value, Dictionary) or "/Contents" not in value:
        raise _RefusedError("a field without a signature in it", "fields")


def _require_unseen(field: Object) -> None:
    """A box without area, or off every page, shows nothing whatever its appearance."""
    left, bottom, right, top = (float(side) for side in field.get("/Rect", (0, 0, 0, 0)))
    if left != right and bottom != top and max(left, right) > 0 and max(bottom, top) > 0:
        raise _RefusedError("a signature field that can be seen was added", "fields")


def _reference(value: Object | None) -> Reference:
    return value.objgen if isinstance(value, Object) and value.is_indirect else (0, 0)


def _tree(value: Object | None) -> Iterator[Reference]:
    """Dictionaries and lists below a value, itself among them; streams never change."""
    waiting, seen = [value], set()
    while waiting:
        item = waiting.pop()
        if not isinstance(item, (Dictionary, Array)):
            continue
        if item.is_indirect:
            if item.objgen in seen:
                continue
            seen.add(item.objgen)
            yield item.objgen
        waiting.extend(item.values() if isinstance(item, Dictionary) else item)


def _reached(value: Object | None) -> set[Reference]:
    """Every object below a value, what streams need included, but not the pages it lies on."""
    waiting, seen = [value], set[Reference]()
    while waiting:
        item = waiting.pop()
        if not isinstance(item, (Dictionary, Array, Stream)):
            continue
        if item.is_indirect:
            if item.objgen in seen:
                continue
            seen.add(item.objgen)
        if isinstance(item, Array):
            waiting.extend(item)
            continue
        held = item.stream_dict if isinstance(item, Stream) else item
        waiting.extend(below for key, below in held.items() if key not in {"/P", "/Parent", "/Pg"})
    return seen


def _accept_container(old: Object, new: Object) -> None:
    """Validation data may grow and be arranged anew, and prove themselves."""
    if type(old) is not type(new):
        raise _RefusedError("validation data became something else")


def _compare_information(old: Object, new: Object) -> None:
    _refuse_beyond("information", _differing(old, new), _INFO_MAY_CHANGE)


def _compare_metadata(old: Object, new: Object) -> None:
    """The XMP packet says the same, apart from when and by which program it was changed."""
    if _print(old) == _print(new):
        return
    before, after = _properties(old), _properties(new)
    for name in before.keys() | after.keys():
        may = name in _METADATA_MAY_CHANGE or name[0] == _HISTORY
        if not may and before.get(name) != after.get(name):
            raise _RefusedError(f"metadata: {name[1]}", "metadata")


def _properties(packet: Object) -> Mapping[tuple[str, str], Any]:
    if not isinstance(packet, Stream):
        raise _RefusedError("metadata that are none", "metadata")
    try:
        described = parse_xmp(BytesIO(packet.read_bytes()))
    except XmpXmlProcessingError as error:
        raise _RefusedError("metadata that cannot be read", "metadata") from error
    return {(name.ns, name.local_name): value for part in described for name, value in part}
