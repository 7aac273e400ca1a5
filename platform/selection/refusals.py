"""What the database refuses in a selection: keys of ``sql/``, and constraints that two people can meet."""

from django.utils.translation import gettext_lazy as _

from kernel.database.refusals import Refusal

REFUSALS = {
    "selection.variant_stays": Refusal(_("a variant belongs to its product for good")),
    "selection.charter_lists_what_was_on_sale": Refusal(
        _("a charter lists what was on sale when it was adopted, and nothing later")
    ),
    "selection.charter_asks_for_more": Refusal(_("the charter asks for more than this round")),
    "selection.round_filled_when_it_opens": Refusal(_("a round is filled when it opens, not later")),
    "selection.not_waiting_for_such_a_round": Refusal(_("this product is not waiting for such a round")),
    "selection.judged_in_another_round": Refusal(_("another round is judging this product")),
    "selection.no_checked_proposal": Refusal(_("there is no checked proposal of this product")),
    "selection.selling_point_taken": Refusal(_("the selling point belongs to another product")),
    "selection.seated_already": Refusal(_("this gate is seated already")),
    "selection.own_product": Refusal(_("a supplier's own people do not judge its products")),
    "selection.round_incomplete": Refusal(_("a round opens with its products and all of its people")),
    "selection.no_seat": Refusal(_("you have no seat for this product")),
    "selection.gate_closed": Refusal(_("the gate is closed")),
    "selection.sample_not_received": Refusal(_("only who has received the sample scores it")),
    "selection.only_the_jury_would_buy": Refusal(
        _("say whether you would buy it: the jury does, the panel does not")
    ),
    "selection.gate_not_open": Refusal(_("this gate is not open")),
    "selection.nothing_to_decide": Refusal(_("this gate has nothing to decide")),
    "selection.gate_stays_open": Refusal(
        _("the gate stays open until its deadline, or until everybody has scored")
    ),
    "selection.gate_not_closed": Refusal(_("this gate has not closed")),
    "selection.proposal_is_judged": Refusal(_("a proposal that is being judged stays as it is")),
    "selection.claim_can_only_end": Refusal(_("a selling point in force can only end")),
    "selection.penalty_for_a_counterfeit": Refusal(_("a penalty is for a counterfeit, delisted everywhere")),
    "selection.delisted_for_good": Refusal(_("a delisted product never comes back")),
    "selection.does_not_follow": Refusal(
        _("only two gates can pass a product: this does not follow from what is on record")
    ),
    "selection.not_admitted": Refusal(_("this product has not passed and is not for sale")),
    "vote_once": Refusal(_("you have scored this product already")),
    "volunteer_once": Refusal(_("you have volunteered for this round already")),
    "complaint_once": Refusal(_("you have complained about this product already")),
    "entry_once": Refusal(_("another round is judging this product")),
    "ruling_one_an_entry": Refusal(_("this gate has decided already")),
    "closing_once": Refusal(_("this gate has decided already")),
    "claim_one_owner": Refusal(_("the selling point belongs to another product")),
}
