"""Small processes in the place of the services, to test how processes are looked after.

``standin.py up DATA PORT`` is ``ciclo up`` with these stand-ins; the servers are real.
"""

import http.server
import json
import os
import signal
import sys
import time
from pathlib import Path

from deploy.local.assembly import LocalSystem, SystemOptions
from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.services import ServiceCommands
from deploy.local.supervisor import run

COMMANDS = ServiceCommands(
    api=(sys.executable, __file__, "api"),
    migration=(sys.executable, __file__, "migration"),
    renderer=(sys.executable, __file__, "renderer"),
    authority=(sys.executable, __file__, "authority"),
)


class _Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _api(arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if os.environ.get("STANDIN_API_FAILS"):
        sys.exit("the stand-in was told to fail")
    host, port = arguments[1], int(arguments[3])
    http.server.ThreadingHTTPServer((host, port), _Api).serve_forever()


def _renderer() -> None:
    Path(os.environ["CICLO_SIGNING_DIR"], "seen.json").write_text(json.dumps(dict(os.environ)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(60)


def _authority(folder: Path) -> None:
    (folder / "trust").mkdir(parents=True, exist_ok=True)
    (folder / "trust" / "authority.pem").write_text("stand-in")


def _up(data: Path, port: int) -> None:
    def ready(system: LocalSystem, directory: DataDirectory) -> None:
        facts = {"url": system.url, "postgres": system.postgres_port, "redis": system.redis_port}
        print(json.dumps(facts), flush=True)  # noqa: T201 - what its parent waits for

    try:
        options = SystemOptions(port=port, commands=COMMANDS)
        run(data, options, ready=ready, tell=lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
    except LocalSystemError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["api", *arguments]:
            _api(arguments)
        case ["renderer"]:
            _renderer()
        case ["migration"]:
            pass  # no table is needed to look after processes
        case ["authority", folder]:
            _authority(Path(folder))
        case ["up", data, port]:
            _up(Path(data), int(port))
        case _:
            sys.exit(2)
