"""What is raised for input that a JSON Schema refuses (3.1, 3.2; reference service-api 1.4)."""

from zato.common.exception import ValidationException

__all__ = ["ValidationException"]
