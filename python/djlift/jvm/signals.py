"""Keep the JVM's SIGSEGV handler in place: it answers null checks of compiled Java code by it.

Python's faulthandler sets a handler of its own for the same signal. Enabled before the JVM starts and disabled
while it runs, it restores the handler from before the JVM, and the next null check ends the process; enabled
later, it takes the next null check for a crash. pytest, ``PYTHONFAULTHANDLER=1`` and notebooks enable it.
JPype's user guide names the conflict.
"""

from __future__ import annotations

import faulthandler
import warnings


def disable_faulthandler() -> None:
    """Disable faulthandler and warn if it was enabled: before the JVM starts, and before each call into it.

    Disabling an enabled one gives the signal back to whom it was taken from; one that is disabled stays so,
    and a later ``faulthandler.disable()`` of the user's changes nothing.
    """
    if not faulthandler.is_enabled():
        return
    faulthandler.disable()
    warnings.warn(
        "djlift disabled Python's faulthandler: the JVM in this process needs SIGSEGV for itself."
        " A crash writes hs_err_pid<pid>.log instead",
        RuntimeWarning,
        stacklevel=3,
    )
