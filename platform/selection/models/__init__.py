"""How goods are chosen. Lives in "public"; ``tenant_id`` is the scope, ``NO_ONE`` the whole network.

Nearly all of it is append-only, and what decides is worked out by the database itself from the scores
(the files in sql/): no row here can be written, changed or removed so that an unpassed product is for sale.
"""

from selection.models.proposals import Claim, Evidence, Proposal, Recheck
from selection.models.rounds import Closing, Entry, Gate, Result, Round, Sample, Seat, Volunteer, Vote
from selection.models.rulings import Charter, CharterProduct, Complaint, Ruling

__all__ = [
    "Charter",
    "CharterProduct",
    "Claim",
    "Closing",
    "Complaint",
    "Entry",
    "Evidence",
    "Gate",
    "Proposal",
    "Recheck",
    "Result",
    "Round",
    "Ruling",
    "Sample",
    "Seat",
    "Volunteer",
    "Vote",
]
