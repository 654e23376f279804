"""Objects whose public attributes are settings, checked whenever they are set."""

import abc
import inspect
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar

Made = TypeVar("Made")

Checks: TypeAlias = Mapping[str, Callable[[str, str, Any], Any]]
"""By setting, the function (class, name, value) -> value that checks it and returns what is set."""


class _Complete(abc.ABCMeta):
    """The type of `Settings`: it calls `_made` when an object's constructor has finished.

    It derives from the type of abstract classes, so that a user's class may be abstract; isinstance is that
    of plain classes, which is several times as fast.
    """

    __instancecheck__ = type.__instancecheck__

    def __call__(cls: type[Made], *arguments: Any, **options: Any) -> Made:
        made: Made = super().__call__(*arguments, **options)  # type: ignore[misc]
        made._made()  # type: ignore[attr-defined]
        return made

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's signature; without this, help and editors would show that of `__call__`."""
        signature = inspect.signature(cls.__init__)  # type: ignore[misc]
        return signature.replace(parameters=list(signature.parameters.values())[1:])


class Settings(metaclass=_Complete):
    """The base of classes with settings.

    Every value passes `_checked` before it is set, in the constructor and later: a class names in `checks`
    what checks which setting, overrides `_checked` where settings depend on each other, and names in `fixed`
    what cannot be changed once the object is made.
    Setting a name that the object does not have is an AttributeError: a slip, or another library's setting,
    would have no effect.
    """

    fixed: tuple[str, ...] = ()
    checks: ClassVar[Checks] = {}
    changes: ClassVar[object] = object()
    """Another object whenever a setting was set on which what a model computes depends: see `decides`.

    What follows from a model's structure and settings is found anew then. An object, and not a count, because
    a pickled model must not take another process's for its own.
    """
    decides: ClassVar[bool] = False
    """Whether the settings of a class are such ones."""

    def _set(self, **values: Any) -> None:
        """Sets several attributes whose types differ from those of the values given, as in a constructor."""
        for name, value in values.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        """The value to set in place of this one; TypeError or ValueError if it does not fit."""
        check = type(self).checks.get(name)
        return check(type(self).__name__, name, value) if check else value

    def _made(self) -> None:
        """Called when the constructor has finished."""
        self.__dict__["_complete"] = True

    def _unknown(self, name: str) -> None:
        """Refuses a name that is no setting: AttributeError."""
        kind = type(self)
        settable = {key for key in dir(kind) if getattr(getattr(kind, key, None), "fset", None)}
        known = ", ".join(sorted(key for key in settable | {*self.__dict__} if not key.startswith("_")))
        needs = f"needs one of {known}" if known else "needs none: it has no settings"
        raise AttributeError(f"{kind.__name__}: {name}: there is no such setting, {needs}")

    def __setattr__(self, name: str, value: Any) -> None:
        if "_complete" in self.__dict__ and not name.startswith("_"):
            kind = type(self).__name__
            if name in type(self).fixed:
                got = " ".join(reprlib.repr(value).split())
                raise AttributeError(
                    f"{kind}: {name}: got {got}, needs to stay as it was made: make a new {kind}"
                )
            setter = getattr(getattr(type(self), name, None), "fset", None)
            if name not in self.__dict__ and setter is None:
                self._unknown(name)
            if type(self).decides:
                changed()
        super().__setattr__(name, self._checked(name, value))


def changed() -> None:
    """What a model computes may have changed."""
    Settings.changes = object()
