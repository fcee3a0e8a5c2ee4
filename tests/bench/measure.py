"""What the benchmarks measure with."""

import resource
import time


def rss_mb():
    """Return the resident memory of this process in MB."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6


def peak_mb():
    """Return the largest resident memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(function, *args):
    """Return (seconds, result)."""
    start = time.perf_counter()
    result = function(*args)
    return time.perf_counter() - start, result
