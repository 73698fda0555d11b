"""Doors that fail at a chosen step: what a crash of the function, or of AWS, looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Callable


class CrashError(Exception):
    """The process ended here."""


class CrashPoints:
    """Counts the steps at which a process may end, before and after every effect.

    Attributes:
        ahead: how many steps are survived; one more raises ``CrashError``.
        crashed: whether it happened.
    """

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead
        self.crashed = False

    def pass_one(self) -> None:
        """Survive a step, or end."""
        if self.ahead == 0:
            self.crashed = True
            raise CrashError
        self.ahead -= 1


class _Crashing:
    """Passes everything on; the named methods have a crash point before and one after."""

    def __init__(self, inner: Any, effects: tuple[str, ...], points: CrashPoints) -> None:
        self._inner = inner
        self._effects = effects
        self._points = points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._watched(found) if name in self._effects else found

    def _watched(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def carry_out(*arguments: Any, **named: Any) -> Any:
            self._points.pass_one()
            answer = effect(*arguments, **named)
            self._points.pass_one()
            return answer

        return carry_out


def crashing(ports: Ports, points: CrashPoints) -> Ports:
    """The same doors, ending at the chosen step."""
    records: Any = _Crashing(ports.records, ("commit",), points)
    objects: Any = _Crashing(ports.objects, ("write", "upload", "copy"), points)
    api: Any = _Crashing(ports.api, ("call",), points)
    bus: Any = _Crashing(ports.bus, ("put",), points)
    return Ports(records=records, objects=objects, api=api, bus=bus, settings=ports.settings)
