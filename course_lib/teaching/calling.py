"""Calling a learner's function with care: whatever it does, what comes back is a plain record."""

import contextlib
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course_lib.teaching.props import build


@dataclass(frozen=True)
class Call:
    """What one call came to, as plain data: it can be sent from one process to another."""

    got: Any = None  #: What the function returned; None if it returned nothing, or raised.
    error: str | None = None  #: ``"TypeError: ..."`` if it raised.
    changed: tuple[int, ...] = ()  #: Which inputs, counted from 0, it changed in place.
    used: str | None = None  #: The library function it called that answers the question.

    @property
    def blank(self) -> bool:
        """Whether the learner has not written anything yet."""
        if self.error is not None:
            return self.error.startswith(NotImplementedError.__name__)
        return self.got is None or self.got is Ellipsis


def call(function: Callable, inputs: tuple, library: tuple[str, ...] = ()) -> Call:
    """Call `function` on a copy of `inputs`, and record what happened.

    Parameters
    ----------
    function : callable
        The learner's; nothing that it raises gets out, except that Ctrl-C stops it.
    inputs : tuple
        As a question draws them: props are built here.
    library : tuple of str
        Dotted names of functions that it should not use, such as
        ``"course_lib.forward_process.add_noise"``.
    """
    built = build(inputs)
    with _watching(function, library) as used:
        try:
            got, error = function(*built), None
        except (Exception, SystemExit) as raised:
            got, error = None, f"{type(raised).__name__}: {raised}".strip(": ")
    changed = tuple(
        i for i, (new, old) in enumerate(zip(built, inputs, strict=True)) if not _same(new, old)
    )
    return Call(got, error, changed, next(iter(used), None))


def _same(new: Any, old: Any) -> bool:
    """Tell whether the tensors of an input are what they were; props are free to change."""
    if isinstance(old, tuple | list):
        return len(new) == len(old) and all(map(_same, new, old))
    if not isinstance(old, Tensor):
        return True
    same_form = new.shape == old.shape and new.dtype == old.dtype
    return same_form and torch.equal(new.nan_to_num(), old.nan_to_num())


@contextlib.contextmanager
def _watching(function: Callable, library: tuple[str, ...]) -> Iterator[set[str]]:
    """Collect the names in `library` that are called meanwhile, or that `function` itself is."""
    targets = {name: _look_up(name) for name in library}
    used = {name for name, target in targets.items() if inspect.unwrap(function) is target}
    codes = {code: name for name, target in targets.items() for code in _codes(target)}
    others = {name.rpartition(".")[2]: name for name in targets if not _codes(targets[name])}

    def profile(frame: types.FrameType, event: str, argument: Any) -> None:
        name = None
        if event == "call":
            name = codes.get(frame.f_code)
        elif event == "c_call":
            name = others.get(argument.__name__)  # torch's own function, or a tensor's method
            name = name if argument is targets.get(name) or _of_tensor(argument) else None
        used.update({name} - {None})

    before = sys.getprofile()
    sys.setprofile(profile if library else before)
    try:
        yield used
    finally:
        sys.setprofile(before)


@functools.cache
def _look_up(name: str) -> Any:
    """Import a dotted name, and see through its decorators."""
    module, _, attribute = name.rpartition(".")
    return inspect.unwrap(getattr(importlib.import_module(module), attribute))


def _codes(target: Any) -> list[types.CodeType]:
    """Give the code of a Python function, or of every method of a class; none for C functions."""
    functions = vars(target).values() if inspect.isclass(target) else [target]
    return [function.__code__ for function in functions if inspect.isfunction(function)]


def _of_tensor(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), Tensor)
