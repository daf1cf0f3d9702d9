"""Records of measurements, compared by what kind of thing they are."""

from typing import Any


def kind_of(record: Any) -> Any:
    """What kind of thing a record is: names, and the kinds of values, without the values."""
    if isinstance(record, dict):
        return {key: kind_of(value) for key, value in record.items()}
    return type(record).__name__
