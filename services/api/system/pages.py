"""The few HTML pages the service has: one per kind of problem, and the documentation."""

import re
from html import escape
from importlib import resources
from importlib.resources.abc import Traversable

from services.api.problem_table import PROBLEMS

ASSETS: dict[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
"""Files of Swagger UI that the documentation page loads, and their types."""

_PAGE = """<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; color: #17324d; max-width: 42rem;
  margin: 3rem auto; padding: 0 1rem; }}
code {{ background: #eef2f6; padding: .1rem .3rem; }}
</style>
</head>
<body><main>{body}</main></body>
</html>
"""

DOCUMENTATION = """<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ciclo: documentazione dell'API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<main id="documentation"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""

START_SCRIPT = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#documentation",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
  layout: "BaseLayout"
});
"""

TERMS = _PAGE.format(
    title="Ciclo: condizioni d'uso",
    body="<h1>Condizioni d'uso</h1>"
    "<p>L'API è riservata agli uffici e ai sistemi autorizzati delle camere di commercio che "
    "usano questa installazione. I dati appartengono alla camera che li ha prodotti. "
    "Ciò che una camera ha pubblicato lo legge chiunque, senza token, e si riusa con licenza "
    '<a href="https://creativecommons.org/licenses/by/4.0/deed.it">Creative Commons Attribuzione '
    "4.0 (CC BY 4.0)</a>. "
    "Il software è distribuito con licenza EUPL-1.2.</p>",
)


def asset(name: str) -> Traversable:
    """A file of the Swagger UI that ships with the package ``fastapi-swagger``."""
    return resources.files("fastapi_swagger.resources") / name


def problem_page(code: str) -> str | None:
    """What the problem means and what to do, in both languages; ``None`` for no such code."""
    problem = PROBLEMS.get(code)
    if problem is None:
        return None
    body = "".join(
        (
            f"<h1>{escape(problem.it[0])}</h1>",
            f"<p>Codice <code>{escape(code)}</code>, stato HTTP {problem.status}.</p>",
            f"<p>{_in_general(problem.it[1])}</p>",
            f'<section lang="en"><h2>{escape(problem.en[0])}</h2>',
            f"<p>{_in_general(problem.en[1])}</p></section>",
        )
    )
    return _PAGE.format(title=escape(problem.it[0]), body=body)


def _in_general(detail: str) -> str:
    """A problem's sentence with an ellipsis for what only a single case can tell."""
    return escape(re.sub(r"\{[^{}]*\}", "…", detail))
