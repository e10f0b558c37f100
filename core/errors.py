"""The six ways in which the house says no, each mapped once to a status at every door.

The message is a sentence for the person who caused it: what is wrong and what to do. `code` is stable and for machines.
"""


class CalosError(Exception):
    """Base of the six; never raised itself. `retry_after`: seconds until the same act may go well, where it may."""

    code = "error"

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after = retry_after
        if code is not None:
            self.code = code


class NotFound(CalosError):
    """It does not exist, or it is another tenant's: the two must look the same."""

    code = "not_found"


class NotPermitted(CalosError):
    """The actor is known and lacks the permission."""

    code = "not_permitted"


class Conflict(CalosError):
    """The thing exists but its state forbids the act."""

    code = "conflict"


class InvalidInput(CalosError):
    """A value is missing, malformed or out of bounds; `field` names it where one is to blame."""

    code = "invalid_input"


class LimitReached(CalosError):
    """A rate or quota is used up; `retry_after` is in whole seconds."""

    code = "limit_reached"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code, retry_after=retry_after)


class UpstreamFailed(CalosError):
    """Another system did not answer as agreed; the same act may succeed later."""

    code = "upstream_failed"
