"""``ciclo migrate``: bring a database up to date, as the owner role."""

import os
from urllib.parse import unquote, urlsplit

import typer

from deploy.local.errors import LocalSystemError
from shared.runtime.language import in_terminal_language


def migrate() -> None:
    """Porta il database all'ultima versione (DATABASE_OWNER_URL).

    Con DATABASE_ADMIN_URL crea prima, se mancano, il database e i ruoli nominati in
    DATABASE_OWNER_URL e DATABASE_URL, con le password di quei due indirizzi.
    """
    from deploy.local import roles
    from services.api.db.migrate import upgrade

    owner_url = _required("DATABASE_OWNER_URL")
    administrator_url = os.environ.get("DATABASE_ADMIN_URL")
    if administrator_url:
        owner, runtime = urlsplit(owner_url), urlsplit(_required("DATABASE_URL"))
        _expect_user("DATABASE_OWNER_URL", owner.username, roles.OWNER)
        _expect_user("DATABASE_URL", runtime.username, roles.RUNTIME)
        roles.bootstrap(
            administrator_url,
            roles.RolePasswords(unquote(owner.password or ""), unquote(runtime.password or "")),
            database=unquote(owner.path.lstrip("/")),
            own_server=True,
        )
    upgrade(owner_url)
    typer.echo(in_terminal_language("Database aggiornato.", "Database up to date."))


def _required(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise LocalSystemError(
            in_terminal_language(f"Manca la variabile {variable}.", f"{variable} is not set.")
        )
    return value


def _expect_user(variable: str, found: str | None, expected: str) -> None:
    if found != expected:
        raise LocalSystemError(
            in_terminal_language(
                f"{variable} deve nominare il ruolo {expected}.",
                f"{variable} must name the role {expected}.",
            )
        )
