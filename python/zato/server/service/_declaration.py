"""From a service's declarations to a plain description that the native part compiles (reference service-api 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from zato.server.service._csv import CSVFormat, options_of
from zato.server.service._io import Elem, as_element
from zato.server.service._models import ModelInput, ModelOutput, ModelType, as_model, fields_by_need, flat_model
from zato.server.service._profiles import describe_input
from zato.server.service._xml_io import XMLFormat
from zato.server.service._xml_io import options_of as xml_options_of

_NAMES = (
    "input",
    "output",
    "input_required",
    "input_optional",
    "output_required",
    "output_optional",
    "request_elem",
    "response_elem",
    "namespace",
    "default_value",
    "default_input_value",
    "default_output_value",
    "use_text",
    "use_channel_params_only",
    "output_repeated",
    "skip_empty_keys",
    "force_empty_keys",
    "allow_empty_required",
    "encrypt_secrets",
    "SkipEmpty",
    "CSV",
    "XML",
)

# Fixed patterns of versions that do not read simple-io.conf (reference service-api 5.3).
_PATTERNS_2_0 = {
    "bool": {"prefix": ["is_", "needs_", "should_"]},
    "int": {"exact": ["id"], "suffix": ["_id", "_count", "_size", "_timeout"]},
}
_PATTERNS_4_1 = {
    "bool": {"prefix": ["by_", "has_", "is_", "may_", "needs_", "should_"]},
    "int": {"suffix": ["_count", "_timeout"]},
}


@dataclass
class _Source:
    """Where a declaration was found."""

    holder: Any
    text: str
    is_inner: bool
    is_wrapped: bool
    warnings: list[str] = field(default_factory=list)

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self.holder, name, default)


def describe_io(
    cls: type, simple_io_options: dict[str, Any], profile: str, warnings: list[str] | None = None
) -> dict[str, Any] | None:
    """Describes the input and output that a service class declares; none if it declares nothing.

    Args:
        cls: The service class.
        simple_io_options: Name patterns under `bool`, `int`, `secret`, and the default `response_elem`.
        profile: Compat profile, for instance `3.2`.
        warnings: Takes sentences about what is odd, but no reason to refuse the service.

    Raises:
        ValueError: For declarations that contradict themselves.
    """
    source = _find(cls)
    if source is None:
        return None
    if warnings is not None:
        source.warnings = warnings
    _check_names(source)
    encrypts = bool(source.get("encrypt_secrets", True))
    patterns = _patterns(simple_io_options, profile, encrypts=encrypts)
    models = {side: _model(source, side) for side in ("input", "output")}
    inputs = [] if models["input"] else _side(source, "input", patterns)
    outputs = [] if models["output"] else _side(source, "output", patterns)
    if not source.is_inner and any(models.values()):
        # 3.2 and 4.1 make a model of names that have a model on their other side.
        models["input"] = models["input"] or (flat_model(f"{cls.__name__}Input", inputs) if inputs else None)
        models["output"] = models["output"] or (flat_model(f"{cls.__name__}Output", outputs) if outputs else None)
        inputs = [] if models["input"] else inputs
        outputs = [] if models["output"] else outputs
    if profile == "3.2":
        inputs = _alphabetical(inputs)
        outputs = _alphabetical(outputs)
    skip, force = source.get("skip_empty_keys", False), source.get("force_empty_keys", [])
    skip_empty = source.get("SkipEmpty")
    if skip_empty is not None and (skip or force):
        raise ValueError(
            f"{source.text} has both `class SkipEmpty` and skip_empty_keys or force_empty_keys; keep one of them"
        )
    skips_input = profile == "3.2" and bool(simple_io_options.get("skip_empty_input"))
    default_input = source.get("default_input_value")
    if default_input is None:
        default_input = source.get("default_value")
    if not inputs and not outputs and not source.is_inner and not any(models.values()):
        return None
    response_elem = None
    if source.is_wrapped:
        response_elem = source.get("response_elem", simple_io_options.get("response_elem", "response"))
    return {
        "has_input": True,
        "input_model": _made(source, "input", models["input"], ModelInput),
        "output_model": _made(source, "output", models["output"], lambda model: ModelOutput(model, profile)),
        "csv": _csv(source, inputs, outputs, models),
        "xml": _xml(source, inputs, outputs, response_elem, profile, has_model=models["input"] is not None),
        "keeps_xml_elements": not source.get("use_text", True),
        "has_output": bool(outputs),
        "input": [describe_input(element, profile, encrypts=encrypts) for element in inputs],
        "output": [element.describe() for element in outputs],
        "response_elem": response_elem or None,
        "is_wrapped": bool(response_elem),
        "default_input": default_input,
        "output_repeated": bool(source.get("output_repeated", False)),
        "skip_empty_keys": bool(skip),
        "force_empty_keys": _names(force) if not isinstance(force, bool) else [],
        "skip_empty_input": _skipped(skip_empty, "input", skips_input),
        "force_empty_input": _names(getattr(skip_empty, "force_empty_input", [])),
        "allow_empty_required": bool(source.get("allow_empty_required", False)),
        "use_channel_params_only": bool(source.get("use_channel_params_only", False)),
    }


def _find(cls: type) -> _Source | None:
    """Finds the declaration nearest to the class in its ancestry."""
    for owner in cls.__mro__:
        found = vars(owner)
        class_level = [name for name in ("input", "output") if _is_declaration(found.get(name))]
        inner = [name for name in ("SimpleIO", "IO") if isinstance(found.get(name), type)]
        if class_level and inner:
            raise ValueError(
                f"class {owner.__name__} declares {' and '.join(class_level)} next to class {inner[0]}; "
                "keep one of the two forms"
            )
        if class_level:
            # `input` and `output` may come from different ancestors, so they are read through the class itself.
            return _Source(cls, f"class {owner.__name__}", is_inner=False, is_wrapped=False)
        if inner:
            text = f"class {owner.__name__}.{inner[0]}"
            return _Source(found[inner[0]], text, is_inner=True, is_wrapped=inner[0] == "SimpleIO")
    return None


def _is_declaration(value: Any) -> bool:
    if isinstance(value, type) or hasattr(value, "__origin__"):
        return True
    return value is not None and not callable(value) and not hasattr(value, "__get__")


def _check_names(source: _Source) -> None:
    """Warns of misspelled attributes of `class SimpleIO`, which would be ignored."""
    for name in vars(source.holder) if source.is_inner else ():
        if name.startswith(("_", "csv_", "xml_")) or name in _NAMES:
            continue
        import difflib

        close = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.75)
        if close:
            source.warnings.append(f"{source.text} has no attribute `{name}`; did you mean `{close[0]}`?")


def _patterns(options: dict[str, Any], profile: str, *, encrypts: bool) -> dict[str, Any]:
    if profile == "2.0":
        return _PATTERNS_2_0
    if profile == "4.1":
        return _PATTERNS_4_1
    if encrypts:
        return options
    return {kind: options.get(kind) for kind in ("bool", "int")}


def _side(source: _Source, side: str, patterns: dict[str, Any]) -> list[Elem]:
    """Gives the elements of input or output."""
    combined = source.get(side)
    split = {name: source.get(f"{side}_{name}") for name in ("required", "optional")} if source.is_inner else {}
    given = [f"{side}_{name}" for name, value in split.items() if value]
    if combined and given:
        raise ValueError(f"{source.text} has both `{side}` and `{given[0]}`; keep one of the two forms")
    if combined:
        return _unique(_elements(source, side, combined, patterns))
    required = _elements(source, f"{side}_required", split.get("required"), patterns)
    for element in required:
        if not element.is_required:
            raise ValueError(
                f"{source.text}: `-{element.name}` in {side}_required is marked as optional by its dash; "
                f"move it to {side}_optional"
            )
    optional = _elements(source, f"{side}_optional", split.get("optional"), patterns)
    for element in optional:
        element.is_required = False
    names = {element.name for element in required}
    for element in optional:
        if element.name in names:
            source.warnings.append(
                f"{source.text}: `{element.name}` is both in {side}_required and {side}_optional; it is required"
            )
    return _unique([*required, *optional])


def _elements(source: _Source, name: str, given: Any, patterns: dict[str, Any]) -> list[Elem]:
    if not given:
        return []
    if isinstance(given, (str, Elem)):
        given = (given,)
    elif isinstance(given, (set, frozenset)):
        given = sorted(given, key=lambda item: item if isinstance(item, str) else getattr(item, "name", ""))
    elif isinstance(given, type) or hasattr(given, "__origin__"):
        shown = getattr(given, "__name__", repr(given))
        if as_model(given):
            side = name.partition("_")[0]
            raise ValueError(f"{source.text}: `{name}` is model {shown}; name models in `{side} = {shown}`")
        source.warnings.append(
            f"{source.text}: `{name}` is the class {shown}, which is no list of names and elements; it is ignored"
        )
        return []
    elif not isinstance(given, (tuple, list)):
        raise ValueError(
            f"{source.text}: `{name}` takes a name, an element, or a tuple of them, not {type(given).__name__}"
        )
    elements = []
    for item in given:
        try:
            element = as_element(item, patterns)
        except ValueError as error:
            raise ValueError(f"{source.text}: `{name}`: {error}") from None
        if element is item:
            # Elements may be shared between declarations, and whether one is required is a matter of each.
            element = _copy(element)
        elements.append(element)
    return elements


def _model(source: _Source, side: str) -> ModelType | None:
    """Gives the model that a side is declared to be."""
    model = as_model(source.get(side))
    if model is None:
        return None
    given = [f"{side}_{name}" for name in ("required", "optional") if source.is_inner and source.get(f"{side}_{name}")]
    if given:
        raise ValueError(f"{source.text} has both `{side}` and `{given[0]}`; keep one of the two forms")
    return model


def _csv(
    source: _Source, inputs: list[Elem], outputs: list[Elem], models: dict[str, ModelType | None]
) -> CSVFormat:
    """Gives what reads and writes rows; columns of models are their fields."""
    fields = {side: fields_by_need(model) for side, model in models.items() if model is not None}
    required, optional = fields.get("input") or (
        [element.name for element in inputs if element.is_required],
        [element.name for element in inputs if not element.is_required],
    )
    columns = [element.name for element in outputs]
    if "output" in fields:
        columns = [*fields["output"][0], *fields["output"][1]]
    try:
        return CSVFormat(required, optional, columns, options_of(source.holder))
    except ValueError as error:
        raise ValueError(f"{source.text}: {error}") from None


def _xml(
    source: _Source,
    inputs: list[Elem],
    outputs: list[Elem],
    response_elem: str | None,
    profile: str,
    *,
    has_model: bool,
) -> XMLFormat:
    """Gives what reads and writes XML. From 3.2 on input is in any root, unless the declaration names one."""
    request_elem = source.get("request_elem", None if profile in ("3.2", "4.1") else "request")
    options = xml_options_of(source.holder)
    if source.get("namespace"):
        options.setdefault("namespace", source.get("namespace"))
    use_text = bool(source.get("use_text", True))
    if options or not use_text:
        from importlib.util import find_spec

        if find_spec("lxml") is None:
            source.warnings.append(
                f"{source.text} says how XML is read or written, which needs the library `lxml`; "
                "install it with `python -m pip install 'zato[xml]'`"
            )
    try:
        return XMLFormat(inputs, outputs, request_elem or None, response_elem or None, use_text, options, has_model)
    except ValueError as error:
        raise ValueError(f"{source.text}: {error}") from None


def _made(source: _Source, side: str, model: ModelType | None, make: Callable[[ModelType], Any]) -> Any:
    if model is None:
        return None
    try:
        return make(model)
    except ValueError as error:
        raise ValueError(f"{source.text}: `{side}`: {error}") from None


def _copy(element: Elem) -> Elem:
    copied = object.__new__(type(element))
    copied.__dict__.update(element.__dict__)
    return copied


def _unique(elements: Iterable[Elem]) -> list[Elem]:
    """Keeps the first element of each name."""
    found: dict[str, Elem] = {}
    for element in elements:
        found.setdefault(element.name, element)
    return list(found.values())


def _alphabetical(elements: list[Elem]) -> list[Elem]:
    """Required before optional, each by name: the order of 3.2, seen in keys of responses."""
    return sorted(elements, key=lambda element: (not element.is_required, element.name))


def _names(value: Any) -> list[str]:
    if not value or isinstance(value, bool):
        return []
    return [value] if isinstance(value, str) else [str(name) for name in value]


def _skipped(skip_empty: Any, side: str, default: bool) -> bool | list[str]:
    """Which inputs are left out if they are empty: all, none, or some by name."""
    given = getattr(skip_empty, side, default)
    return given if isinstance(given, bool) else _names(given)
