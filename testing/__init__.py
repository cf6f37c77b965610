"""Test kits for connectors, for this project and for packages outside it: `pip install tolok[testing]`.

The package is called `testing`, as its folder is, so that one import works in a checkout and in an installation, beside
`connectors` and `pipeline`. pytest comes with the extra only: nothing that a run needs imports this package.
"""

import pytest

# Without this, a failed assertion of the suite would not show its values: pytest rewrites only modules of tests.
pytest.register_assert_rewrite("testing.connector_suite")
