"""`sets` of Python 2: what is built in by now."""

__all__ = ["BaseSet", "ImmutableSet", "Set"]

BaseSet = (set, frozenset)
ImmutableSet = frozenset
Set = set
