"""Names that exist so that services import, for parts of the server that are not there.

What they stand for is never imitated: whoever uses one is told which part is missing.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["Missing", "MissingFeature", "MissingObject", "missing_object", "refuse"]


class MissingFeature(NotImplementedError):  # noqa: N818 - it says what is the matter
    """Something was used that this version does not have; the message names it, and what it needs."""


def refuse(name: str, needs: str, package: str = "") -> NoReturn:
    """Refuses a use of something that is not there.

    Args:
        name: What was used, the way users write it, for instance `self.out.sql`.
        needs: What is missing, for instance `SQL connections`.
        package: What can be installed so that it is there, if anything.

    Raises:
        MissingFeature: Always.
    """
    if package:
        raise MissingFeature(f"`{name}` needs {needs}, which is not installed: pip install {package}")
    raise MissingFeature(f"`{name}` needs {needs}, which this version does not have")


def _is_protocol(name: str) -> bool:
    """Whether an attribute is one that Python and its tools ask every object for."""
    return name.startswith("_")


class _MissingClass(type):
    """The class of classes that import and do nothing else."""

    _zato_needs: str
    _zato_package: str

    def __getattr__(cls, name: str) -> Any:
        if _is_protocol(name):
            raise AttributeError(name)
        refuse(f"{cls.__name__}.{name}", cls._zato_needs, cls._zato_package)

    def __call__(cls, *_arguments: Any, **_options: Any) -> Any:
        refuse(cls.__name__, cls._zato_needs, cls._zato_package)


class Missing(metaclass=_MissingClass):
    """Base of classes that can be imported, subclassed and named in annotations.

    Making an instance and reading attributes raise `MissingFeature`. Subclasses say what is missing, for instance
    `needs="LDAP connections"`, and which `package` to install for it; theirs inherit it.
    """

    _zato_needs = ""
    _zato_package = ""

    def __init_subclass__(cls, needs: str = "", package: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        if needs:
            cls._zato_needs = needs
            cls._zato_package = package


class MissingObject:
    """An object that can be imported; using it raises `MissingFeature`."""

    __slots__ = ("_name", "_needs")

    def __init__(self, name: str, needs: str) -> None:
        self._name = name
        self._needs = needs

    def __getattr__(self, name: str) -> Any:
        if _is_protocol(name):
            raise AttributeError(name)
        refuse(f"{self._name}.{name}", self._needs)

    def __getitem__(self, key: Any) -> Any:
        refuse(f"{self._name}[{key!r}]", self._needs)

    def __call__(self, *_arguments: Any, **_options: Any) -> Any:
        refuse(self._name, self._needs)

    def __repr__(self) -> str:
        return f"<{self._name}: not available, needs {self._needs}>"


def missing_object(name: str, needs: str) -> Any:
    """Gives an object whose every use raises `MissingFeature`; see `Missing`."""
    return MissingObject(name, needs)
