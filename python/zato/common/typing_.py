"""Types of models and annotations under the names of 3.2 and 4.1 (reference service-api 1.7).

`list_`, `dict_`, `optional` and the like are the generics of `typing`, so that `list_[X]` has an origin. Everything of
`dataclasses` is here too.
"""
# The generics of `typing` are what these names stand for, and names that are passed on are listed together.
# ruff: noqa: I001, UP006, UP007, UP035, UP045

import types as _types
from dataclasses import (
    KW_ONLY as KW_ONLY,
    MISSING as MISSING,
    Field as Field,
    FrozenInstanceError as FrozenInstanceError,
    InitVar as InitVar,
    asdict as asdict,
    astuple as astuple,
    dataclass as dataclass,
    field as field,
    fields as fields,
    is_dataclass as is_dataclass,
    make_dataclass as make_dataclass,
    replace as replace,
)
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import (
    IO,
    Any,
    Callable,
    Dict,
    Generator,
    Iterable,
    Iterator,
    List,
    NoReturn,
    Optional,
    Protocol as Protocol,
    Set,
    TextIO,
    Tuple,
    Type,
    TypeAlias,
    TypedDict as TypedDict,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from zato.common.marshal_._build import build, build_dataclass
from zato.common.marshal_._markers import DateTimeWithZone as DateTimeWithZone, isotimestamp as isotimestamp
from zato.common.marshal_._model import Model

# Generics and single types.
any_ = Any
callable_ = Callable
cast_ = cast
date_ = date
datetime_ = datetime
datetimez = DateTimeWithZone
decimal_ = Decimal
dict_ = Dict
generator_ = Generator
iobytes_ = IO[bytes]
iterator_ = Iterator
list_ = List
model = Model
module_ = ModuleType
noreturn = NoReturn
optional = Optional
path_ = Path
set_ = Set
str_ = str
textio_ = TextIO
tuple_ = Tuple
type_ = Type
typealias_ = TypeAlias
typevar_ = TypeVar
union_ = Union

# Containers of anything.
anydict = Dict[Any, Any]
anylist = List[Any]
anyset = Set[Any]
anytuple = Tuple[Any, ...]
commondict = Dict[str, Union[int, float, str, bool, List[Any], Dict[str, Any], datetime, None]]
commoniter = Union[List[Any], Tuple[Any, ...]]
dictlist = List[Dict[Any, Any]]
dictorlist = Union[Dict[Any, Any], List[Any]]
listorstr = Union[List[Any], str]
listtuple = List[Tuple[Any, ...]]
pathlist = List[Path]
tuplist = Union[List[Any], Tuple[Any, ...]]

# Dictionaries with integers as keys.
intanydict = Dict[int, Any]
intdict = Dict[int, Any]
intdictdict = Dict[int, Dict[int, Any]]
intsetdict = Dict[int, Set[Any]]
intstrdict = Dict[int, str]

# Dictionaries with text as keys.
stranydict = Dict[str, Any]
strbooldict = Dict[str, bool]
strcalldict = Dict[str, Callable[..., Any]]
strdict = Dict[str, Any]
strdictdict = Dict[str, Dict[str, Any]]
strdictlist = List[Dict[str, Any]]
strfloatdict = Dict[str, float]
strintdict = Dict[str, int]
strlistdict = Dict[str, List[Any]]
strsetdict = Dict[str, Set[Any]]
strstrdict = Dict[str, str]

# Sequences and sets of integers, of text and of bytes.
byteslist = List[bytes]
intlist = List[int]
intlistempty = List[int]
intset = Set[int]
strlist = List[str]
strlistempty = List[str]
strset = Set[str]
strtuple = Tuple[str, ...]

# Text or something else.
strbytes = Union[str, bytes]
strint = Union[str, int]
strintbool = Union[str, int, bool]
strordict = Union[str, Dict[str, Any]]
strorfloat = Union[str, float]
stroriter = Union[str, Iterable[Any]]
strorlist = Union[str, List[Any]]

# Any of these, or none.
anydictnone = Optional[Dict[Any, Any]]
anylistnone = Optional[List[Any]]
anynone = Optional[Any]
boolnone = Optional[bool]
bytesnone = Optional[bytes]
callnone = Optional[Callable[..., Any]]
decnone = Optional[Decimal]
dictnone = Optional[Dict[Any, Any]]
dtnone = Optional[datetime]
floatnone = Optional[float]
intlistnone = Optional[List[int]]
intnone = Optional[int]
listnone = Optional[List[Any]]
modelnone = Optional[Model]
strdictlistnone = Optional[List[Dict[str, Any]]]
strdictnone = Optional[Dict[str, Any]]
strintnone = Optional[Union[str, int]]
strlistnone = Optional[List[str]]
strnone = Optional[str]
strordictnone = Optional[Union[str, Dict[str, Any]]]
strorlistnone = Optional[Union[str, List[Any]]]
textionone = Optional[TextIO]
tupnone = Optional[Tuple[Any, ...]]

_Made = TypeVar("_Made")


def is_union(class_: Any) -> bool:
    """Whether a type is a union, written as `union_[A, B]`, `optional[A]` or `A | B`."""
    return get_origin(class_) is Union or isinstance(class_, _types.UnionType)


def extract_from_union(class_: Any) -> Tuple[Tuple[Any, ...], Any, Any]:
    """Takes a union apart.

    Returns:
        All of its types, the first of them, and the second.

    Raises:
        ValueError: If the type is no union.
    """
    if not is_union(class_):
        raise ValueError(f"`{class_!r}` is not a union")
    members = get_args(class_)
    return members, members[0], members[1]


def list_field() -> Any:
    """Gives the field of a dataclass whose default is a new list."""
    return field(default_factory=list)


def dict_field() -> Any:
    """Gives the field of a dataclass whose default is a new dictionary."""
    return field(default_factory=dict)


def instance_from_dict(class_: Type[_Made], data: Dict[str, Any]) -> _Made:
    """Makes an object without calling its constructor, and sets an attribute for each item of a dictionary.

    Args:
        class_: The object's class; models are built and checked the way requests are.
        data: Values by attribute.

    Raises:
        ElementMissing: If a model needs something that is not there.
    """
    if isinstance(class_, type) and issubclass(class_, Model):
        return build(class_, data)
    instance = class_.__new__(class_)
    for name, value in data.items():
        setattr(instance, name, value)
    return instance


def from_dict(data_class: Type[_Made], data: Dict[str, Any], config: Any = None) -> _Made:
    """Makes a dataclass, and those it consists of, from dictionaries; what the library `dacite` offers under this name.

    Args:
        data_class: The dataclass.
        data: Values by field; others are ignored.
        config: A `dacite.Config`, if the library is to do it.

    Raises:
        ValueError: If a field without a default is missing.
        ImportError: If a `config` is given and `dacite` is not installed.
    """
    if config is None:
        return build_dataclass(data_class, data)
    from dacite import from_dict as dacite_from_dict  # type: ignore[import-not-found]

    return dacite_from_dict(data_class, data, config)
