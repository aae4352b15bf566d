import pytest

from shared.runtime.secrets import SealError, SecretBox, new_key


def test_a_secret_opens_in_its_own_context_only() -> None:
    box = SecretBox([new_key()])
    sealed = box.seal("whsec_segreto", context="PI/integra")
    assert b"whsec_segreto" not in sealed
    assert box.open(sealed, context="PI/integra") == "whsec_segreto"
    with pytest.raises(SealError):
        box.open(sealed, context="LU/integra")


def test_rotation_reseals_under_the_first_key() -> None:
    old, new = new_key(), new_key()
    sealed = SecretBox([old]).seal("segreto", context="PI")
    resealed = SecretBox([new, old]).reseal(sealed)
    assert SecretBox([new]).open(resealed, context="PI") == "segreto"
    with pytest.raises(SealError):
        SecretBox([new]).open(sealed, context="PI")


def test_a_changed_byte_is_refused() -> None:
    box = SecretBox([new_key()])
    sealed = bytearray(box.seal("segreto", context="PI"))
    sealed[len(sealed) // 2] ^= 1
    with pytest.raises(SealError):
        box.open(bytes(sealed), context="PI")


@pytest.mark.parametrize("keys", [[], ["too short"]])
def test_no_box_without_good_keys(keys: list[str]) -> None:
    with pytest.raises(ValueError, match=r"key"):
        SecretBox(keys)
