"""What a parent asks of Linux for its children."""

import ctypes
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def die_with_parent(stop_signal: int) -> Callable[[], None]:
    """Return a ``preexec_fn`` that makes the kernel send ``stop_signal`` when the parent is gone."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def arm() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, stop_signal)

    return arm
