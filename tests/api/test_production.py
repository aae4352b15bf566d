"""In production the API does not start with a database role that isolation does not bind."""

from pathlib import Path

import pytest

from deploy.local.identity import LocalIssuer
from services.api.db.safety import UnsafeRoleError, refuse_unsafe_role
from services.api.db.session import Database
from services.api.main import create_app
from tests.api.system import settings_for


@pytest.mark.parametrize("role", ["superuser", "owner", "runtime"])
async def test_roles(role: str, database_admin_url: str, owner_url: str, runtime_url: str) -> None:
    name = owner_url.rsplit("/", 1)[1]
    administrator = database_admin_url.rsplit("/", 1)[0] + f"/{name}"
    url = {"superuser": administrator, "owner": owner_url, "runtime": runtime_url}[role]
    database = Database(url, pool_size=1)
    try:
        if role == "runtime":
            await refuse_unsafe_role(database)
        else:
            with pytest.raises(UnsafeRoleError):
                await refuse_unsafe_role(database)
    finally:
        await database.close()


async def test_the_application_refuses_before_it_serves(
    owner_url: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    settings = settings_for(
        owner_url,
        issuer,
        mode="production",
        public_url="https://ciclo.example.it",
        oidc_issuer="https://login.example.it",
        renderer_token="r" * 40,
        blob_url=f"file://{tmp_path}",
        trust_anchors=tmp_path,
    )
    app = create_app(settings)
    with pytest.raises(UnsafeRoleError):
        async with app.router.lifespan_context(app):
            pass
