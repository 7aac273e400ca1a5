"""Reads of findings and sweeps: what is open, and when it was last looked at."""

from billing.watch.models import Finding, Sweep
from kernel import clock


def open_findings() -> float:
    """Return how many differences wait for a person."""
    return float(Finding.objects.filter(closed_at=None).count())


def sweep_age() -> float:
    """Return for how many seconds nobody has looked at the invariants; 0 before the first time."""
    last = last_sweep(Sweep.Kind.INVARIANTS)
    return (clock.now() - last.until).total_seconds() if last else 0.0


def last_sweep(kind: str) -> Sweep | None:
    """Return the last look of a kind."""
    return Sweep.objects.filter(kind=kind).order_by("-until").first()
