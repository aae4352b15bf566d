"""``ciclo tenant export|import|erase|certificate``: a chamber leaves, arrives, or ends."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.display import console, waiting, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file, write_file
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.typed import typed_code
from shared.runtime.language import in_terminal_language

if TYPE_CHECKING:
    from services.api.archives.certificate import InstallationKey
    from services.api.db.session import Database

By = Annotated[
    str | None, typer.Option(help="Chi ne risponde, come resta agli atti; senza, l'utente.")
]


def export(
    chamber: Chamber,
    out: Annotated[Path, typer.Option(help="File da scrivere (.zip).")],
    by: By = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Scrive tutto ciò che c'è di una camera in un solo archivio; lo stesso stato, gli stessi byte.

    I segreti non ci sono: alla fine dice quali vanno emessi di nuovo dove la camera arriva.
    """
    from services.api.archives import service
    from services.api.cli.host import author, host

    with host(data) as here, waiting(in_terminal_language("Esportazione...", "Exporting...")):
        written = here.run(
            lambda database: service.export_chamber(database, here.blobs, chamber, out, author(by))
        )
    manifest = written.manifest
    anew = [f"{one.table}: {', '.join(one.names)}" for one in manifest.set_anew]
    if as_json:
        counts = {entry.name: entry.rows for entry in manifest.tables}
        write_json(
            {
                "out": str(out),
                "bytes": written.size,
                "sha256": written.sha256,
                "rows": counts,
                "documents": len(manifest.blobs),
                "set_anew": [one.model_dump(mode="json") for one in manifest.set_anew],
            }
        )
        return
    rows = sum(entry.rows or 0 for entry in manifest.tables)
    out_text = console()
    out_text.print(
        in_terminal_language(
            f"Scritto {out}: {written.size} byte, {rows} righe, {len(manifest.blobs)} documenti.",
            f"Wrote {out}: {written.size} bytes, {rows} rows, {len(manifest.blobs)} documents.",
        )
    )
    out_text.print(f"sha256 {written.sha256}", soft_wrap=True)
    if anew:
        out_text.print(
            in_terminal_language(
                f"Segreti da emettere di nuovo: {'; '.join(anew)}.",
                f"Secrets to be issued anew: {'; '.join(anew)}.",
            ),
            soft_wrap=True,
        )


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archivio di una camera.")],
    by: By = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Porta in questa installazione la camera di un archivio: intera, o per niente."""
    from services.api.archives import service
    from services.api.archives.reading import ReadArchive
    from services.api.cli.host import author, host, refused
    from services.api.errors import Refusal

    try:
        archive = ReadArchive.open(file)
    except OSError as error:
        raise CommandFailedError(f"{file}: {error.strerror}") from error
    except Refusal as refusal:
        raise refused(refusal) from refusal
    with host(data) as here, waiting(in_terminal_language("Importazione...", "Importing...")):
        here.run(lambda database: service.import_chamber(database, here.blobs, archive, author(by)))
    manifest = archive.manifest
    anew = [one.model_dump(mode="json") for one in manifest.set_anew]
    if as_json:
        write_json({"chamber": manifest.chamber, "sha256": archive.sha256, "set_anew": anew})
        return
    console().print(
        in_terminal_language(
            f"Importata la camera {manifest.chamber}, uguale all'archivio.",
            f"Imported chamber {manifest.chamber}, equal to the archive.",
        )
    )


def erase(
    chamber: Chamber,
    certificate: Annotated[Path, typer.Option(help="Dove scrivere il certificato.")],
    confirm: Annotated[
        str | None, typer.Option(help="Il codice della camera, scritto di nuovo.")
    ] = None,
    request: Annotated[
        str | None,
        typer.Option(help="La richiesta che si esegue, di chi l'ha chiesta attraverso l'API."),
    ] = None,
    by: By = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Cancella una camera sospesa e appena esportata; ne resta un certificato firmato."""
    from services.api.archives.certificate import InstallationKey, verify
    from services.api.archives.erasing import Erased, erase_chamber
    from services.api.cli.host import KEY_VARIABLE, author, host, missing

    typed = confirm if confirm is not None else typed_code(chamber)
    with host(data) as here:
        if here.key_file is None:
            raise missing(KEY_VARIABLE)
        key = _key(InstallationKey, here.key_file)

        async def work(database: "Database") -> Erased:
            return await erase_chamber(
                database, here.blobs, key, chamber, typed, author(by), request=request
            )

        erased = here.run(work, as_owner=True)
    write_file(certificate, erased.certificate.encode() + b"\n")
    facts = verify(erased.certificate).facts
    if as_json:
        write_json({"certificate": str(certificate), **facts})
        return
    removed = sum(facts["removed_rows"].values())
    console().print(
        in_terminal_language(
            f"{chamber} non c'è più: {removed} righe e {facts['removed_documents']} documenti "
            f"tolti. Certificato: {certificate}",
            f"{chamber} is gone: {removed} rows and {facts['removed_documents']} documents "
            f"removed. Certificate: {certificate}",
        ),
        soft_wrap=True,
    )


def certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Certificato di cancellazione.")],
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Verifica un certificato di cancellazione e mostra che cosa attesta."""
    from services.api.archives.certificate import CertificateRefusedError, verify

    try:
        verified = verify(read_file(file).decode("ascii", "replace"))
    except CertificateRefusedError as error:
        raise CommandFailedError(
            in_terminal_language(
                f"{file} non è un certificato, o è stato alterato.",
                f"{file} is no certificate, or was altered.",
            )
        ) from error
    if as_json:
        write_json({"key": verified.thumbprint, **verified.facts})
        return
    table = Table(show_header=False)
    for name, value in {"key": verified.thumbprint, **verified.facts}.items():
        table.add_row(name, escape(str(value)))
    console().print(table)


def _key(kind: "type[InstallationKey]", path: Path) -> "InstallationKey":
    try:
        return kind.load(path)
    except (OSError, ValueError, TypeError) as error:
        raise CommandFailedError(
            in_terminal_language(
                f"{path} non è una chiave Ed25519 in PEM leggibile.",
                f"{path} is no readable Ed25519 key in PEM.",
            )
        ) from error
