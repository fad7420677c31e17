"""Loads users' modules and the server's own services; called by the native part during deployments."""

from zato.server._loader._internal import internal_units
from zato.server._loader._loader import Loader

__all__ = ["Loader", "internal_units"]
