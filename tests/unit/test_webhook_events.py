"""The contract of events: what is read, what is set apart, and that nothing ends in a crash."""

import importlib.util
import io
import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.pull import pull_schema, read_page
from shared.contracts.webhook_events import MeasurementEvent, events_schema
from shared.contracts.webhook_reading import EventRefusedError, ReadEvent, read_event, storable
from shared.runtime.webhooks import Delivery, StandardVerifier, new_secret

DOCS = Path(__file__).parents[2] / "docs" / "integrations.md"
ITEM = {"measure": "694", "year": 2020, "value": "10"}


def event(*items: object, **changes: object) -> bytes:
    document: dict[str, Any] = {
        "type": "measurements.batch",
        "timestamp": "2021-01-15T08:00:00Z",
        "data": {"measurements": list(items)},
    }
    return json.dumps(document | changes).encode()


def test_the_good_and_the_faulty_are_told_apart() -> None:
    wrong = ITEM | {"value": 10}
    read = read_event(event(ITEM, wrong, 7, ITEM))
    assert sorted(read.items) == [0, 3]
    assert [(item.position, item.raw) for item in read.faulty] == [(1, wrong), (2, 7)]
    assert [[issue.pointer for issue in item.issues] for item in read.faulty] == [["/value"], [""]]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "measurement.forgotten"},
        {"version": 2},
        {"timestamp": "2021-01-15"},
        {"timestamp": "2021-01-15T08:00:00"},
        {"timestamp": "1989-01-01T00:00:00Z"},
        {"data": []},
        {"data": {"measurements": {}}},
        {"data": {"measurements": [], "altro": 1}},
        {"altro": 1},
    ],
)
def test_what_is_no_event(changes: dict[str, object]) -> None:
    with pytest.raises(EventRefusedError) as refused:
        read_event(event(ITEM, **changes))
    assert refused.value.issues


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    _read_or_refuse(body)


@given(items=st.lists(_json, max_size=4))
def test_any_items_are_read_or_set_apart(items: list[Any]) -> None:
    read = _read_or_refuse(event(*items))
    if read:
        assert len(read.items) + len(read.faulty) == len(items)


@given(fields=st.dictionaries(st.sampled_from([*ITEM, "period", "note", "result"]), _json))
def test_any_fields_are_read_or_set_apart(fields: dict[str, Any]) -> None:
    _read_or_refuse(event(ITEM | fields))


def _read_or_refuse(body: bytes) -> ReadEvent | None:
    try:
        read = read_event(body)
    except EventRefusedError:
        return None
    for item in read.faulty:
        assert item.issues
        json.dumps(storable(item.raw), allow_nan=False)
    return read


def test_a_great_many_faults_stay_few() -> None:
    many = {f"campo{n}": n for n in range(100_000)}
    assert len(read_event(event(many)).faulty[0].issues) == 1
    with pytest.raises(EventRefusedError) as refused:
        read_event(event(**many))
    assert len(refused.value.issues) == 1


def test_the_documentation_carries_the_schema_and_examples_that_hold() -> None:
    text = DOCS.read_text(encoding="utf-8")
    blocks = [part.split("```", 1)[0] for part in text.split("```json\n")[1:]]
    documents = [json.loads(block) for block in blocks]
    schemas = [document for document in documents if "$schema" in document]
    assert schemas == [events_schema(), pull_schema()]
    pages = [document for document in documents if "items" in document]
    assert [read_page(json.dumps(page).encode()).items[0].event for page in pages] == ["validated"]
    examples = [
        document for document in documents if document.get("type") and document not in schemas
    ]
    assert len(examples) >= 2
    for example in examples:
        MeasurementEvent.model_validate_json(json.dumps(example))


def test_the_documented_client_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [source] = DOCS.read_text(encoding="utf-8").split("```python\n")[1:]
    script = tmp_path / "client.py"
    script.write_text(source.split("```", 1)[0], encoding="utf-8")
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 70
    rows = tmp_path / "rows.csv"
    rows.write_text("measure,year,period,value\n694,2020,,792\n2,2020,Q1,41\n", encoding="utf-8")
    secret = new_secret()
    sent: list[urllib.request.Request] = []

    def urlopen(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        sent.append(request)
        return io.BytesIO(b'{"applied": 2}')

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setenv("CICLO_WEBHOOK_URL", "https://ciclo.test/webhooks")
    monkeypatch.setenv("CICLO_WEBHOOK_SECRET", secret)
    monkeypatch.setattr("sys.argv", ["client.py", str(rows)])
    spec = importlib.util.spec_from_file_location("client", script)
    assert spec is not None
    assert spec.loader is not None
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    client.main()
    [request] = sent
    assert isinstance(request.data, bytes)
    headers = {name.lower(): value for name, value in request.header_items()}
    StandardVerifier([secret]).verify(Delivery(headers, request.data), datetime.now(UTC))
    items = read_event(request.data).items
    assert [(item.measure, item.value, item.period) for item in items.values()] == [
        ("694", "792", None),
        ("2", "41", "Q1"),
    ]
    assert capsys.readouterr().out == "{'applied': 2}\n"
