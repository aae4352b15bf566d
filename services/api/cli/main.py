"""Composes the commands into ``ciclo``; nothing else happens here."""

from typing import Any

import typer
from typer.core import TyperGroup

from deploy.local.errors import LocalSystemError
from services.api.cli import down, migrate, openapi, token, up


class CicloGroup(TyperGroup):
    """Tells an expected failure in one line on standard error, with exit status 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the signature is the library's
        """Run the command; turn what a person can act on into one line."""
        try:
            return super().invoke(ctx)
        except LocalSystemError as error:
            typer.echo(f"ciclo: {error}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="ciclo",
    cls=CicloGroup,
    help="Il ciclo della performance delle camere di commercio.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

app.command("up")(up.up)
app.command("down")(down.down)
app.command("migrate")(migrate.migrate)
app.command("openapi")(openapi.openapi)
app.command("token")(token.token)
