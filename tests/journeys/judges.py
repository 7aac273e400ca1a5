"""Run as a module beside the service: the central team opens a round on all proposals, its judges score.

The first product passes both gates; the second, proposed by the central team, misses the panel's by a point.
Prints one JSON object: the handles by what became of them.
"""

import json
import sys

import django

django.setup()

from catalog.models import Product  # noqa: E402
from selection.models import Proposal, Ruling  # noqa: E402
from selection.proposals import services as proposal_services  # noqa: E402
from selection.rounds import services as round_services  # noqa: E402
from tenants.registry.selectors import find_by_host  # noqa: E402
from tests.support.rounds import SMALL, complete_sales, make_members, make_proposal, vote  # noqa: E402


def judge(passes: str, misses: str) -> dict[str, str]:
    """Take both products through one round of the whole network; returns the rulings by handle."""
    tenant = find_by_host("snatch.localhost")
    assert tenant
    sellers = make_members(tenant, ["best", "second", "third"])
    complete_sales(tenant, {seller: 900_000 - place for place, seller in enumerate(sellers)})
    make_members(tenant, [f"juror{place}" for place in range(5)])
    proposed = Proposal.objects.get(product__handle=passes)
    proposal_services.check_proposal(proposal_id=proposed.pk, acting_user="central")
    other = make_proposal(Product.objects.get(handle=misses))
    round_ = round_services.open_round(
        proposal_ids=[proposed.pk, other.pk], terms=SMALL, acting_user="central"
    )
    scores = {passes: [70, 70, 70], misses: [70, 70, 69]}
    in_turn = [entry.product.handle for entry in round_.entries.select_related("product")]
    vote(round_, "panel", [points for handle in in_turn for points in scores[handle]])
    vote(round_, "jury", 88)
    rulings = Ruling.objects.filter(entry__round=round_).select_related("product")
    return {ruling.product.handle: ruling.kind for ruling in rulings}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(judge(*sys.argv[1:])) + "\n")
