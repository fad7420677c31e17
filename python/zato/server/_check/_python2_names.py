"""What parses and imports with Python 3 and fails when it runs: names and methods that only Python 2 has."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from zato.server._loader._python2 import Finding

__all__ = ["run_time_findings"]

_BUILTINS = {
    "apply": "call the function with `*` and `**`",
    "basestring": "write `str`",
    "buffer": "write `memoryview`",
    "cmp": "compare with `<` and `==`; sort with `key=`",
    "coerce": "leave it out",
    "execfile": "write `exec(open(path).read())`",
    "file": "write `open`",
    "long": "write `int`",
    "raw_input": "write `input`; services have no terminal",
    "reduce": "write `from functools import reduce`",
    "reload": "write `from importlib import reload`",
    "unichr": "write `chr`",
    "unicode": "write `str`",
    "xrange": "write `range`",
}

_METHODS = {
    "has_key": "write `key in dictionary`",
    "iteritems": "write `.items()`",
    "iterkeys": "write `.keys()`",
    "itervalues": "write `.values()`",
    "viewitems": "write `.items()`",
    "viewkeys": "write `.keys()`",
    "viewvalues": "write `.values()`",
}

_URLLIB = {
    **dict.fromkeys(("quote", "quote_plus", "unquote", "unquote_plus", "urlencode"), "urllib.parse"),
    **dict.fromkeys(("urlopen", "urlretrieve"), "urllib.request"),
}

# Attributes of modules, by module.
_ATTRIBUTES: dict[str, dict[str, str]] = {
    "string": {
        "letters": "write `string.ascii_letters`",
        "lowercase": "write `string.ascii_lowercase`",
        "uppercase": "write `string.ascii_uppercase`",
        "maketrans": "write `str.maketrans`",
        **{
            name: f"call the method `{name}` of the text"
            for name in ("join", "joinfields", "lower", "replace", "split", "strip", "upper", "zfill")
        },
        "atoi": "write `int`",
        "atof": "write `float`",
    },
    "sys": {"maxint": "write `sys.maxsize`", "setdefaultencoding": "leave it out, text is Unicode"},
    "os": {"getcwdu": "write `os.getcwd`", "errno": "write `import errno`"},
    "itertools": {
        "izip": "write `zip`",
        "imap": "write `map`",
        "ifilter": "write `filter`",
        "izip_longest": "write `itertools.zip_longest`",
        "ifilterfalse": "write `itertools.filterfalse`",
    },
    "urllib": {name: f"write `{home}.{name}`" for name, home in _URLLIB.items()},
    "types": {
        "StringType": "write `str`",
        "UnicodeType": "write `str`",
        "StringTypes": "write `str`",
        "IntType": "write `int`",
        "LongType": "write `int`",
        "FloatType": "write `float`",
        "BooleanType": "write `bool`",
        "DictType": "write `dict`",
        "ListType": "write `list`",
        "TupleType": "write `tuple`",
        "NoneType": "write `type(None)`, which every Python 3 has",
    },
    "time": {"clock": "write `time.perf_counter`"},
    "collections": {
        name: f"write `collections.abc.{name}`"
        for name in ("Callable", "Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence", "Set")
    },
    "inspect": {"getargspec": "write `inspect.getfullargspec`"},
}

# Names that some Python 3 has in that place are told of only where they are not.
_BINARY_CODECS = ("base64", "bz2", "hex", "quopri", "rot13", "uu", "zip", "zlib")


def run_time_findings(tree: ast.Module) -> list[Finding]:
    """Finds what would raise when it runs.

    Args:
        tree: The module, parsed.

    Returns:
        Findings in the order of their lines; each name of a builtin once, at its first line.
    """
    bound = set(_bound_names(tree))
    has_star = "*" in bound
    modules = _imported_modules(tree)
    found: dict[tuple[str, int], Finding] = {}
    seen: set[str] = set()
    for node in ast.walk(tree):
        for finding, once in _of_node(node, bound, has_star, modules):
            if once and finding.what in seen:
                continue
            seen.add(finding.what)
            found.setdefault((finding.what, finding.line), finding)
    return sorted(found.values(), key=lambda finding: (finding.line, finding.what))


def _of_node(node: ast.AST, bound: set[str], has_star: bool, modules: dict[str, str]) -> Iterator[tuple[Finding, bool]]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name in _BUILTINS and name not in bound and not has_star:
            what = f"the name `{name}` does not exist in Python 3, a NameError when it runs"
            yield Finding(node.lineno, what, _BUILTINS[name]), True
        case ast.Call(func=ast.Attribute(attr=name, lineno=line)) if name in _METHODS:
            yield Finding(line, f"dictionaries have no method `{name}` in Python 3", _METHODS[name]), False
        case ast.Attribute(value=ast.Name(id=module), attr=name) if name in _gone(modules.get(module)):
            original = modules[module]
            what = f"`{original}.{name}` does not exist in Python 3"
            yield Finding(node.lineno, what, _ATTRIBUTES[original][name]), False
        case ast.BinOp(left=ast.Name(id="print"), op=ast.RShift()):
            what = "`print >>file, ...` raises a TypeError in Python 3"
            yield Finding(node.lineno, what, "write `print(..., file=file)`"), False
        case ast.Call(
            func=ast.Attribute(attr="encode" | "decode" as name), args=[ast.Constant(value=str() as codec), *_]
        ):
            if codec.lower().replace("_codec", "").replace("-", "") in _BINARY_CODECS:
                what = f"`.{name}({codec!r})` works with bytes and the module `codecs` only in Python 3"
                yield Finding(node.lineno, what, f"write `codecs.{name}(value, {codec!r})` with bytes"), False
        case (
            ast.Call(func=ast.Name(id="sorted"), keywords=keywords)
            | ast.Call(func=ast.Attribute(attr="sort"), keywords=keywords)
        ) if any(keyword.arg == "cmp" for keyword in keywords):
            what = "sorting has no parameter `cmp` in Python 3"
            yield Finding(node.lineno, what, "write `key=functools.cmp_to_key(...)`"), False
        case ast.Assign(targets=[ast.Name(id="__metaclass__")]):
            what = "`__metaclass__` has no effect in Python 3"
            yield Finding(node.lineno, what, "write `class Name(Base, metaclass=...)`"), False


def _gone(module: str | None) -> dict[str, str]:
    """Attributes that a module has no more, with what there is instead."""
    if module not in _ATTRIBUTES:
        return {}
    import importlib

    present = importlib.import_module(module)
    return {name: fix for name, fix in _ATTRIBUTES[module].items() if not hasattr(present, name)}


def _imported_modules(tree: ast.Module) -> dict[str, str]:
    """Names of modules of the standard library in this one, with what they are called there."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({alias.asname or alias.name: alias.name for alias in node.names})
    return {name: module for name, module in found.items() if module in _ATTRIBUTES}


def _bound_names(tree: ast.Module) -> Iterator[str]:
    """Every name that the module gives a meaning anywhere, for instance where it does not exist."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.ExceptHandler(name=str() as name):
                yield name
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names
