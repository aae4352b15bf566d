"""What the browser may do with a page of ours."""

import base64
import hashlib
import re

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def page_headers(page: bytes) -> dict[str, str]:
    """What a page of ours may do: show its own style and typeface, and nothing else."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'"
        for style in _STYLE.findall(page)
    )
    policy = (
        f"default-src 'none'; style-src {hashes}; font-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "Content-Language": "it"}
