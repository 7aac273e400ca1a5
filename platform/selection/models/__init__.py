"""How goods are chosen. Lives in "public"; ``tenant_id`` is the scope, ``NO_ONE`` the whole network.

Nearly all of it is append-only, and what decides is worked out by the database itself from the scores
(the files in sql/): no row here can be written, changed or removed so that an unpassed product is for sale.
"""

from selection.admission.models import Charter, CharterProduct, Complaint, Ruling
from selection.proposals.models import Claim, Evidence, Proposal, Recheck
from selection.rounds.models import Closing, Gate, Result, Round, RoundEntry, Seat, Volunteer, Vote
from selection.samples.models import Sample

__all__ = [
    "Charter",
    "CharterProduct",
    "Claim",
    "Closing",
    "Complaint",
    "Evidence",
    "Gate",
    "Proposal",
    "Recheck",
    "Result",
    "Round",
    "RoundEntry",
    "Ruling",
    "Sample",
    "Seat",
    "Volunteer",
    "Vote",
]
