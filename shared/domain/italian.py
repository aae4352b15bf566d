"""Names that configuration gives, as they are spoken of within a sentence."""

_JOINED = {"Il ": "del ", "Lo ": "dello ", "La ": "della ", "L'": "dell'"}


def the(name: str) -> str:
    """A body's name within a sentence: ``la Camera di commercio di Pisa``."""
    return f"la {name}" if _is_chamber(name) else name


def of_the(name: str) -> str:
    """``della Camera di commercio di Pisa``, ``del Segretario generale``.

    A chamber's name has no article of its own and is spoken with one; an office's has one.
    """
    for article, joined in _JOINED.items():
        if name.startswith(article):
            return joined + name.removeprefix(article)
    return f"della {name}" if _is_chamber(name) else f"di {name}"


def _is_chamber(name: str) -> bool:
    return name.lower().startswith("camera ")
