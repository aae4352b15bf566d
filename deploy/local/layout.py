"""Where everything of one embedded system lives below its data directory."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataDirectory:
    """The folders and files of one embedded system; two systems share nothing.

    =================  ==========================================================
    ``postgres/``      the database cluster
    ``redis/``         the queue's append-only file
    ``blobs/``         signed PDFs
    ``identity/``      key of the local issuer of access tokens
    ``signing/``       development seals; ``signing/trust/`` their authority
    ``secrets.json``   generated passwords and keys, readable by the owner only
    ``run/``           what runs now: ``state.json``, ``lock``
    ``log/``           one log per process
    =================  ==========================================================
    """

    root: Path

    @classmethod
    def at(cls, path: Path) -> "DataDirectory":
        """The layout below ``path``, absolute and free of symbolic links; creates nothing."""
        return cls(path.expanduser().resolve())

    @property
    def postgres(self) -> Path:
        """Cluster of PostgreSQL; may be a link, see :mod:`deploy.local.accounts`."""
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        """Working directory of Redis, with its configuration."""
        return self.root / "redis"

    @property
    def blobs(self) -> Path:
        """Root of the blob store."""
        return self.root / "blobs"

    @property
    def identity(self) -> Path:
        """Key pair of the local token issuer."""
        return self.root / "identity"

    @property
    def signing(self) -> Path:
        """Development authority and chamber seals; private keys are the renderer's alone."""
        return self.root / "signing"

    @property
    def trust(self) -> Path:
        """Certificates (PEM) that the API trusts seals to chain to."""
        return self.signing / "trust"

    @property
    def secrets_file(self) -> Path:
        """Generated passwords and keys, mode 0600."""
        return self.root / "secrets.json"

    @property
    def run(self) -> Path:
        """Facts about the running system, worthless once it has stopped."""
        return self.root / "run"

    @property
    def state_file(self) -> Path:
        """Processes, ports and addresses of the running system."""
        return self.run / "state.json"

    @property
    def lock_file(self) -> Path:
        """Held by whoever runs the system."""
        return self.run / "lock"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.root / "log"

    def create(self) -> None:
        """Make the folders that do not exist yet.

        The root is traversable by others (0711): PostgreSQL started by root runs as another
        user and must get through it. Nothing below can be listed or read by them, and the
        folders above are never touched.
        """
        if not self.root.exists():
            self.root.mkdir(parents=True, mode=0o711)
            self.root.chmod(0o711)  # the mode given to mkdir is subject to the umask
        for folder in (self.redis, self.blobs, self.identity, self.signing, self.run, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
