"""Values as the drivers get them."""

import pytest

from drip.models import written


def test_objects_that_are_only_equal_are_written_each_by_itself() -> None:
    one = {"a": 1}
    assert written.for_sqlite([one, {"a": True}, one]) == ['{"a":1}', '{"a":true}', '{"a":1}']
    assert written.for_copy([one, {"a": True}, one]) == ['{"a":1}', '{"a":true}', '{"a":1}']


@pytest.mark.parametrize("odd", [b"\x00", ["a"]])
def test_what_nobody_knows_how_to_write_is_refused(odd: object) -> None:
    for write in (written.for_sqlite, written.for_copy):
        with pytest.raises(TypeError):
            write([odd, None])
