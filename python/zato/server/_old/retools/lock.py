"""What `self.lock` of 2.0 raises, under its name there (reference service-api 3.9)."""

from zato.distlock import LockTimeout

__all__ = ["LockTimeout"]
