"""``ciclo up`` and ``ciclo down``: the system in the foreground until it is told to stop."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from deploy.local.assembly import LocalSystem, SystemOptions, stop_left_over
from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.state import hold, read_state, try_lock, wait_for_release
from shared.runtime.language import in_terminal_language

_WATCH_SECONDS = 0.25
_DOWN_SECONDS = 90.0
"""Longer than all processes together may take to end."""


def run(
    data: Path,
    options: SystemOptions,
    *,
    ready: Callable[[LocalSystem, DataDirectory], None],
    tell: Callable[[str], None],
) -> None:
    """Run the system of ``data`` until SIGINT or SIGTERM; the data stays.

    Args:
        data: the data directory, created when missing.
        options: what to start and where.
        ready: called once when everything answers.
        tell: gets a line when a process dies or comes back.

    Raises:
        LocalSystemError: already running, port in use, or something did not start.
    """
    refuse_production()
    directory = prepare(data)
    lock = try_lock(directory.lock_file)
    if lock is None:
        raise _already_running(directory)
    with hold(lock):
        stop = _stop_on_signals()
        system = LocalSystem(directory, options, tell)
        try:
            system.start()
            if not stop.is_set():
                ready(system, directory)
            while not stop.wait(_WATCH_SECONDS):
                system.check()
        finally:
            system.stop()


def stop_running(data: Path) -> bool:
    """Stop the system that runs in ``data`` and wait until it is gone.

    Returns:
        Whether there was anything to stop.

    Raises:
        LocalSystemError: it did not end in time, or a command is using the system now.
    """
    directory = DataDirectory.at(data)
    if not directory.run.is_dir():
        return False
    lock = try_lock(directory.lock_file)
    if lock is not None:  # nobody runs it: at most a killed run left something
        with hold(lock):
            left_over = read_state(directory) is not None
            stop_left_over(directory)
            return left_over
    state = read_state(directory)
    if state is not None and state.alive():
        os.kill(state.supervisor.pid, signal.SIGTERM)
    if not wait_for_release(directory.lock_file, seconds=_DOWN_SECONDS):
        raise LocalSystemError(
            in_terminal_language(
                f"Il sistema in {directory.root} non si è fermato entro {_DOWN_SECONDS:g} s.",
                f"The system in {directory.root} has not stopped within {_DOWN_SECONDS:g} s.",
            )
        )
    return True


def prepare(data: Path) -> DataDirectory:
    """The data directory with its folders.

    Raises:
        LocalSystemError: it cannot be created or written.
    """
    directory = DataDirectory.at(data)
    try:
        directory.create()
    except OSError as error:
        raise LocalSystemError(
            in_terminal_language(
                f"La cartella dei dati {directory.root} non si può usare: {error.strerror}.",
                f"The data directory {directory.root} cannot be used: {error.strerror}.",
            )
        ) from error
    return directory


def refuse_production() -> None:
    """The embedded system is development and demonstration; production has services.

    Raises:
        LocalSystemError: ``CICLO_MODE`` is ``production``.
    """
    if os.environ.get("CICLO_MODE") == "production":
        raise LocalSystemError(
            in_terminal_language(
                "Il sistema incorporato è di prova: in produzione si usano i servizi separati "
                "(docs/administration.md).",
                "The embedded system is for trial use: production runs separate services "
                "(docs/administration.md).",
            )
        )


def _stop_on_signals() -> threading.Event:
    """An event that SIGINT, SIGTERM and a closed terminal set; a second one changes nothing."""
    stop = threading.Event()

    def request(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, request)
    signal.signal(signal.SIGTERM, request)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means: stay
        signal.signal(signal.SIGHUP, request)
    return stop


def _already_running(directory: DataDirectory) -> LocalSystemError:
    state = read_state(directory)
    where = f" ({state.url}, pid {state.supervisor.pid})" if state is not None else ""
    return LocalSystemError(
        in_terminal_language(
            f"Il sistema in {directory.root} è già in esecuzione{where}.",
            f"The system in {directory.root} is already running{where}.",
        )
    )
