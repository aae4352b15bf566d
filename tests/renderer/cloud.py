"""A small remote signing service that speaks the CSC API v1: one credential, PIN and OTP."""

import base64
import json
from http.server import BaseHTTPRequestHandler
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from tests.renderer.loopback import Loopback
from tests.renderer.pki import Holder

CREDENTIAL = "credenziale-1"
TOKEN = "token-del-servizio"
PIN = "112233"
OTP = "445566"


class Cloud(Loopback):
    """Start it with ``with``; ``answers`` replaces what a call answers."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.calls: list[str] = []
        self._authorised: dict[str, list[str]] = {}
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = cloud._answer(self.path, self.headers["Authorization"], body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Silent."""

        super().__init__(Handler)

    def description(self) -> str:
        """The identity of who signs with it, as the renderer reads it; ``TOKEN`` is in a file."""
        return (
            f'source = "csc"\nurl = "{self.url}/"\ncredential = "{CREDENTIAL}"\n'
            'token_file = "token"\ntimeout_seconds = 5\n'
        )

    def _answer(self, path: str, bearer: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        call = path.removeprefix("/csc/v1/")
        self.calls.append(call)
        if call in self.answers:
            return self.answers[call]
        if bearer != f"Bearer {TOKEN}":
            return 401, {"error": "invalid_token"}
        if body["credentialID"] != CREDENTIAL:
            return 400, {"error": "invalid_request"}
        return getattr(self, f"_{call.replace('/', '_')}")(body)  # type: ignore[no-any-return]

    def _credentials_info(self, _: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        chain = [self.holder.certificate, *self.holder.chain]
        written = [base64.b64encode(item.public_bytes(Encoding.DER)).decode() for item in chain]
        return 200, {
            "key": {"status": "enabled", "algo": ["1.2.840.113549.1.1.11"], "len": 2048},
            "cert": {"status": "valid", "certificates": written},
            "authMode": "explicit",
            "SCAL": "2",
            "multisign": 1,
        }

    def _credentials_authorize(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body.get("PIN") != PIN:
            return 400, {"error": "invalid_pin"}
        if body.get("OTP") != OTP:
            return 400, {"error": "invalid_otp"}
        sad = f"sad-{len(self._authorised)}"
        self._authorised[sad] = body["hash"]
        return 200, {"SAD": sad, "expiresIn": 300}

    def _signatures_signHash(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802 - as the API calls it
        if self._authorised.pop(body["SAD"], None) != body["hash"]:
            return 400, {"error": "invalid_request"}
        made = [
            self.holder.key.sign(base64.b64decode(digest), PKCS1v15(), Prehashed(hashes.SHA256()))
            for digest in body["hash"]
        ]
        return 200, {"signatures": [base64.b64encode(each).decode() for each in made]}
