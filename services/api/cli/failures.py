"""What a command tells when it fails: one line, or every fault that was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from services.api.cli.display import error_console, write_json
from shared.contracts.issues import Issue
from shared.runtime.language import in_terminal_language, terminal_language

_WIDEST_POINTER = 60


class CommandFailedError(Exception):
    """The command cannot do what was asked; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in what was sent."""

    pointer: str
    code: str
    detail: str

    @classmethod
    def of(cls, issue: Issue) -> "Fault":
        """The fault that was found on this side, in the language of the terminal."""
        return cls(issue.pointer, issue.code, issue.detail(terminal_language()))


class RefusedError(Exception):
    """The API (or the same rules on this side) refused a request, with every reason.

    ``document`` is the problem (RFC 9457) as it came.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("detail") or document.get("title") or "?"))
        self.document = document

    @classmethod
    def of_issues(cls, code: str, title: str, issues: Sequence[Issue]) -> "RefusedError":
        """A refusal made on this side, in the form of the API's."""
        faults = [Fault.of(issue) for issue in issues]
        return cls(
            {
                "title": title,
                "status": 422,
                "code": code,
                "errors": [
                    {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
                    for fault in faults
                ],
            }
        )

    @property
    def code(self) -> str:
        """Stable name of the problem."""
        return str(self.document.get("code", ""))

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return int(self.document.get("status", 0))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault, in the order of the answer."""
        return tuple(
            Fault(str(found["pointer"]), str(found["code"]), str(found["detail"]))
            for found in self.document.get("errors") or ()
        )

    def sentence(self) -> str:
        """The reason in one line, with the number of the request where there is one."""
        title, detail = (str(self.document.get(name) or "") for name in ("title", "detail"))
        text = f"{title}: {detail}" if title and detail else title or detail
        # Only what is unexpected has to be looked up in a log.
        if self.status >= 500 and self.document.get("request_id"):  # noqa: PLR2004 - server errors
            number = self.document["request_id"]
            text += in_terminal_language(f" (richiesta {number})", f" (request {number})")
        return text


def tell_failure(error: Exception, *, as_json: bool) -> None:
    """Write a failure to standard error, and as JSON to standard output when asked."""
    if isinstance(error, RefusedError):
        if as_json:
            write_json(dict(error.document))
        _tell_refusal(error)
        return
    if as_json:
        write_json({"title": str(error), "code": "command_failed"})
    error_console().print(f"[bold red]ciclo:[/] {escape(str(error))}", soft_wrap=True)


def _tell_refusal(refusal: RefusedError) -> None:
    console = error_console()
    console.print(f"[bold red]ciclo:[/] {escape(refusal.sentence())}", soft_wrap=True)
    faults = refusal.faults
    if not faults:
        return
    heads = in_terminal_language("Punto|Codice|Errore", "Place|Code|Error").split("|")
    table = Table(*heads, title_justify="left", header_style="bold")
    # Pointers are copied and searched for: broken over lines only when they are very long.
    longest = max(len(fault.pointer) for fault in faults)
    table.columns[0].min_width = min(longest, _WIDEST_POINTER)
    table.columns[0].overflow = "fold"
    table.columns[1].no_wrap = True
    for fault in faults:
        table.add_row(escape(fault.pointer or "/"), fault.code, escape(fault.detail))
    console.print(table)
    count = len(faults)
    console.print(in_terminal_language(f"Errori: {count}.", f"Errors: {count}."))
