"""Objects whose public attributes are settings: each is checked when it is set, none is without effect."""

from typing import Any


class _Complete(type):
    """The type of `Settings`: it notes on an object that its constructor has come to its end."""

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        made = super().__call__(*arguments, **options)
        made.__dict__["_complete"] = True
        return made


class Settings(metaclass=_Complete):
    """The base of classes with settings.

    A class overrides `_checked`, which sees every value before it is set, in the constructor and later, and
    names in `fixed` what cannot be changed once the object is made. Setting a name that the object does not
    have is an AttributeError: a slip, or another library's setting, would have no effect.
    """

    fixed: tuple[str, ...] = ()

    def _checked(self, name: str, value: Any) -> Any:
        """The value to set in place of this one; TypeError or ValueError if it does not fit."""
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if "_complete" in self.__dict__ and not name.startswith("_"):
            kind = type(self).__name__
            if name in self.fixed:
                raise AttributeError(
                    f"{kind}: {name}: got {value!r}, needs to stay as it was made: make a new {kind}"
                )
            if not hasattr(self, name):
                known = ", ".join(sorted(key for key in self.__dict__ if not key.startswith("_")))
                raise AttributeError(f"{kind}: {name}: there is no such setting, needs one of {known}")
        super().__setattr__(name, self._checked(name, value))
