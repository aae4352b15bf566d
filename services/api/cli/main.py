"""Composes the commands into ``ciclo``; nothing else happens here."""

from typing import Any

import typer
from typer.core import TyperGroup

from deploy.local.errors import LocalSystemError
from services.api.cli import (
    audit,
    catalogue,
    clients,
    demo,
    deviations,
    down,
    entity,
    erasures,
    explain,
    exporting,
    importing,
    integra_sim,
    integration,
    measurements,
    members,
    migrate,
    openapi,
    periods,
    plan,
    reconcile,
    rendering,
    reports,
    results,
    retention,
    secrets,
    signing,
    subscriptions,
    tenant,
    texts,
    token,
    transfers,
    up,
    verify,
)
from services.api.cli.failures import CommandFailedError, RefusedError, tell_failure
from services.api.cli.options import wants_json


class CicloGroup(TyperGroup):
    """Tells an expected failure on standard error, with exit status 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the signature is the library's
        """Run the command; turn what a person can act on into words."""
        try:
            return super().invoke(ctx)
        except (LocalSystemError, CommandFailedError, RefusedError) as error:
            tell_failure(error, as_json=wants_json(ctx))
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
app.command("import")(importing.import_)
app.command("export")(exporting.export)
app.command("results")(results.results)
app.command("trend")(results.trend)
app.command("explain")(explain.explain)
app.command("reconcile")(reconcile.reconcile)
app.add_typer(plan.app)
app.add_typer(catalogue.app)
app.add_typer(entity.app)
app.command("measurements")(measurements.measurements)
app.add_typer(periods.period, name="period")
app.add_typer(members.member, name="member")
app.add_typer(clients.client, name="client")
app.command("deviations")(deviations.deviations)
app.add_typer(deviations.deviation, name="deviation")
app.add_typer(texts.text, name="text")
reports.report.command("sign")(signing.sign)
reports.report.command("signatures")(signing.signatures)
reports.report.command("signed-copy")(signing.signed_copy)
reports.report.command("renew")(signing.renew)
app.add_typer(reports.report, name="report")
app.command("render")(rendering.render)
app.command("verify")(verify.verify)
app.add_typer(integration.app)
app.command("integra-sim")(integra_sim.integra_sim)
app.add_typer(subscriptions.subscription, name="subscription")
app.add_typer(retention.retention, name="retention")
app.command("demo")(demo.demo)
app.add_typer(audit.app)
app.add_typer(secrets.app)
app.command("migrate")(migrate.migrate)
app.add_typer(tenant.app)
app.add_typer(transfers.archive, name="archive")
app.add_typer(erasures.erasure, name="erasure")
app.command("openapi")(openapi.openapi)
app.command("token")(token.token)
