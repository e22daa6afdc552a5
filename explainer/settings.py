"""Typed settings: validated when made, one plain sentence when refused, readable as a query string.

Importing this module imports no torch, so that the web server can check what the page sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from explainer.own import is_own

DatasetName = Literal[
    "s_curve", "moons", "circles", "swiss_roll", "checkerboard", "spiral", "gaussians"
]
Scaling = Literal["standard", "tutorial"]
ScheduleName = Literal["tutorial", "linear", "scaled_linear", "quadratic", "cosine", "sigmoid"]
ObjectiveName = Literal["eps", "x0", "v"]
Spacing = Literal["trailing", "leading", "quadratic"]
SamplerName = Literal["ddpm", "ddim", "dpm"]
MistakeName = Literal["neighbour", "root", "square", "last_noise", "one_more", "prior"]
MainCorruption = Literal["gaussian", "salt_and_pepper", "uniform"]
CorruptionName = Literal[MainCorruption, "additive", "poisson", "multiplicative"]

DATASET_NAMES: tuple[DatasetName, ...] = get_args(DatasetName)
SCHEDULE_NAMES: tuple[ScheduleName, ...] = get_args(ScheduleName)
CORRUPTION_NAMES: tuple[CorruptionName, ...] = get_args(CorruptionName)
# Shown side by side, and undone by networks.
MAIN_CORRUPTIONS: tuple[MainCorruption, ...] = get_args(MainCorruption)


def _named_or_own(names: tuple[str, ...], own: str) -> BeforeValidator:
    """Let a value be one of the names, or the name of something that the learner made."""

    def check(value: Any) -> Any:
        if value in names or is_own(value):
            return value
        expected = ", ".join(map(repr, names)) + f" or {own}"
        raise PydanticCustomError("literal_error", "must be known", {"expected": expected})

    return BeforeValidator(check)


DatasetChoice = Annotated[str, _named_or_own(DATASET_NAMES, "points of one's own")]
ScheduleChoice = Annotated[str, _named_or_own(SCHEDULE_NAMES, "a schedule of one's own")]


class InvalidSetting(ValueError):
    """A setting that is not allowed; the message is one sentence that names the field."""


def _whole(value: Any) -> Any:
    """Let 20.0 and "20" be 20, as sliders and query strings send it; never True."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _real(value: Any) -> Any:
    """Let "0.5" be 0.5, as a query string sends it; never True."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Real = Annotated[float, BeforeValidator(_real)]

LONGEST_ECHO = 40  # characters of what was sent that come back in a refusal
# pydantic's error types, as the end of a sentence that starts with the field's name.
_PHRASES = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be one of {expected}",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "extra_forbidden": "is not a setting here",
    "missing": "is missing",
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "too_short": "needs at least {min_length}",
    "too_long": "takes at most {max_length}",
    "string_too_long": "must have at most {max_length} characters",
    "string_unicode": "has a character that nobody can write",
    "value_error": "{error}",
}


def sentence(error: ValidationError) -> str:
    """State the first problem of a validation as one sentence.

    Parameters
    ----------
    error : pydantic.ValidationError

    Returns
    -------
    str
        Such as ``width must be at most 256, not 1000.``
    """
    problem = error.errors(include_url=False)[0]
    field = _shown(" ".join(str(part) for part in problem["loc"]))
    phrase = _PHRASES.get(problem["type"])
    text = problem["msg"] if phrase is None else phrase.format(**problem.get("ctx", {}))
    if problem["type"] in {"missing", "extra_forbidden", "value_error", "string_unicode"}:
        return f"{field} {text}".strip().rstrip(".") + "."
    if problem["input"] is None:
        return f"{field} {text}; it is empty."
    try:
        given = repr(problem["input"])
    except ValueError:  # an integer of more digits than Python writes
        given = "a number without end"
    return f"{field} {text}, not {_shown(given)}."


def _shown(text: str) -> str:
    """Return what was sent as it may come back: printable, and not too long."""
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= LONGEST_ECHO else text[: LONGEST_ECHO - 3] + "..."


class Settings(BaseModel):
    """Base of everything a person can set: frozen, hashable, JSON-able, picklable.

    Raises
    ------
    InvalidSetting
        At construction, with one sentence that names the field and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise InvalidSetting(sentence(error)) from None

    def replace(self, /, **changes: Any) -> Self:
        """Return a validated copy with some fields changed."""
        return type(self)(**{**self.model_dump(), **changes})

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read settings from query parameters; fields left out keep their default.

        Raises
        ------
        InvalidSetting
            If a parameter is unknown or its value is not allowed.
        """
        return cls(**query)

    def to_query(self) -> str:
        """Write the fields as a query string, so that equal settings make equal addresses."""

        def text(value: Any) -> str:
            if isinstance(value, tuple):
                return ",".join(map(str, value))
            return str(value).lower() if isinstance(value, bool) else str(value)

        fields = self.model_dump()
        return urlencode({name: text(v) for name, v in fields.items() if v is not None})
