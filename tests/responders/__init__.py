"""What Nono makes of the endpoints that people run, by socket and by REST."""

import pytest

pytest.register_assert_rewrite("tests.responders.scenarios", "tests.responders.beside")
