"""Runs a server in two steps: import at once, serve when told.

``python -m deploy.local.gated LIBRARY MODULE ARGUMENT...`` imports LIBRARY, waits for a line on
standard input and then runs MODULE as ``python -m`` would. Importing the API takes longer
than everything else at start, so it happens while the database is being migrated. When the
parent ends without the word, standard input ends and so does this.
"""

import importlib
import runpy
import sys


def main() -> None:
    """Import, wait, run."""
    _, library, module, *arguments = sys.argv
    importlib.import_module(library)
    if not sys.stdin.readline():
        return
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
