"""How the C library keeps memory: so that what a class has made and left is given back."""

from __future__ import annotations

import ctypes

# mallopt(3) of glibc
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE = 128 * 1024  # bytes; where glibc itself begins
ARENAS = 2


def give_back_what_is_freed() -> bool:
    """Have large pieces of memory come from the system one by one and go back when they are freed.

    By itself glibc takes a first large piece that is freed as a sign to cut such pieces out of its
    heap from then on, where smaller things that stay hold them: pictures of a hundred kilobytes
    and more that come and go for hours would leave the heap larger and larger.

    Returns
    -------
    bool
        False where there is no glibc; nothing is done then.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    options = {M_MMAP_THRESHOLD: LARGE, M_TRIM_THRESHOLD: LARGE, M_ARENA_MAX: ARENAS}
    return all(mallopt(option, value) for option, value in options.items())
