"""Manifests: YAML read as JSON, every fault with its line, all files before any is applied."""

from pathlib import Path

import pytest
import yaml

from services.api.cli.failures import RefusedError
from services.api.cli.manifests import read_manifests, setting_value, write_manifest
from shared.contracts.chamber_reading import read_configuration

EXAMPLES = sorted((Path(__file__).parents[3] / "deploy" / "tenants").glob("*.yaml"))


def places(tmp_path: Path, *texts: str) -> list[tuple[str, str]]:
    """Where each fault stands and its code; the files are ``0.yaml``, ``1.yaml``, ..."""
    files = [tmp_path / f"{at}.yaml" for at in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        read_manifests(files)
    return [(f.pointer.removeprefix(f"{tmp_path}/"), f.code) for f in refused.value.faults]


def test_the_examples_are_manifests_and_in_an_order_that_works() -> None:
    read = read_manifests(EXAMPLES)
    codes = [str(one.document["code"]) for one in read]
    assert len(read) == 5
    assert codes[:2] == ["TNO", "TNO"]
    assert read[0].document["format"] == "ciclo/entity@1"
    assert set(codes) == {"TNO", "LU", "MS", "PI"}


def test_every_fault_of_every_file_has_its_line(tmp_path: Path) -> None:
    first = (
        "format: ciclo/chamber@1\n"
        "code: NO\n"
        "entity: TNO\n"
        "title: Novara\n"
        "colour: '#ffee00'\n"
        "kept: false\n"
        "calendar:\n"
        "  deadline_days: 3\n"
        "  deadline_dayz: 3\n"
    )
    second = "format: ciclo/chamber@1\ncode: LU\ncode: LU\nentity: TNO\n"
    assert places(tmp_path, first, second) == [
        ("0.yaml:9 /calendar/deadline_dayz", "unknown_field"),
        ("0.yaml:6 /kept", "unknown_field"),
        ("0.yaml:5 /colour", "low_contrast"),
        ("1.yaml:3 /code", "duplicate_field"),
        ("1.yaml:1 /title", "field_required"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("a: [", "0.yaml:1 /", "invalid_yaml"),
        ("- a\n- b\n", "0.yaml:1 /", "wrong_type"),
        ("", "0.yaml:1 /", "wrong_type"),
        ("\nformat: !!python/name:os.system ''\n", "0.yaml:2 /format", "tag"),
        ("format: !!binary aGk=\n", "0.yaml:1 /format", "tag"),
        ("a: &x {b: 1}\nc: *x\n", "0.yaml:2 /c", "alias"),
        ("code: PI\n", "0.yaml:1 /format", "field_required"),
        ("format: ciclo/entity@1\ncode: PI\n", "0.yaml:1 /title", "field_required"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, place: str, code: str) -> None:
    assert (place, code) in places(tmp_path, text)


def test_values_are_what_they_look_like(tmp_path: Path) -> None:
    file = tmp_path / "NO.yaml"
    file.write_text(
        "format: ciclo/chamber@1\ncode: NO\nentity: TNO\ntitle: Novara\nvalid_to: 2022-06-30\n"
        'tax_code: "80415740580"\ncalendar: {own_validation: true, deadline_days: 20}\n',
        encoding="utf-8",
    )
    (read,) = read_manifests([file])
    assert read.document["code"] == "NO"
    assert read.document["valid_to"] == "2022-06-30"
    assert read.document["calendar"] == {"own_validation": True, "deadline_days": 20}


def test_values_of_the_command_line() -> None:
    given = ("10", "true", "null", "#004488", "[it, en]", "010", "Toscana")
    assert [setting_value(text) for text in given] == [
        10, True, None, "#004488", ["it", "en"], "010", "Toscana",
    ]  # fmt: skip
    with pytest.raises(RefusedError):
        setting_value("[it")


def test_what_is_shown_can_be_applied(tmp_path: Path) -> None:
    for example in EXAMPLES:
        document = yaml.safe_load(example.read_text(encoding="utf-8"))
        if document["format"] == "ciclo/entity@1":
            continue
        (read,) = read_manifests([example])
        whole = read_configuration(read.document).document()
        file = tmp_path / example.name
        file.write_text(write_manifest(whole), encoding="utf-8")
        (again,) = read_manifests([file])
        assert read_configuration(again.document).document() == whole
