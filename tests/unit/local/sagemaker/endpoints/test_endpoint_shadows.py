"""Which share of the traffic a shadow sees."""

import pytest

from local.sagemaker.endpoints.endpoint_fleets import VariantFleet
from local.sagemaker.endpoints.endpoint_shadows import share


@pytest.mark.parametrize(
    ("production", "shadow", "part"),
    [(1.0, 1.0, 1.0), (1.0, 0.25, 0.25), (2.0, 9.0, 1.0), (0, 1, 0)],
)
def test_the_share_is_the_weights_ratio(production, shadow, part):
    """Never more than everything; nothing when production gets nothing."""
    one, other = (
        VariantFleet("v", weight, 1, "m", ["image"], None) for weight in (production, shadow)
    )

    assert share(one, other) == part
