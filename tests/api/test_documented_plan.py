"""The requests that docs/plans.md shows, sent in their order."""

import json
import re
from pathlib import Path

import pytest

from tests.api.plan_writer import Writer
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = Path(__file__).parents[2] / "docs" / "plans.md"
CALL = re.compile(
    r"^call (?:-X (?P<method>\w+) -H \"If-Match: \S+ \$PLANS(?P<read>\S*)\)\" )?"
    r"\$PLANS(?P<path>\S*)(?: -d '(?P<body>.*)')?$",
    re.MULTILINE,
)


async def test_the_example_works(api: Api) -> None:
    await api.create_chambers("PI")
    writer = Writer(api, "PI", 2031, "controller")
    found = list(CALL.finditer(DOCUMENT.read_text(encoding="utf-8")))
    assert len(found) == DOCUMENT.read_text(encoding="utf-8").count("\ncall ") > 5
    answers = []
    for example in found:
        headers = {"Content-Type": "application/json"}
        if example["read"]:
            read = await api.call("GET", f"{writer.plans}{example['read']}", writer.roles)
            headers["If-Match"] = read.headers["etag"]
        answer = await api.call(
            example["method"] or "POST",
            f"{writer.plans}{example['path']}",
            writer.roles,
            headers=headers,
            content=example["body"] or b"",
        )
        assert answer.is_success, answer.text
        answers.append(answer)
    *_, changed, removed, copied = answers
    assert (json.loads(changed.content)["warnings"], removed.status_code) == ([], 204)
    assert copied.json()["counts"]["objectives"] == 2
