"""The ``rules`` section of a blueprint: a rules document, or the name of a preset."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import RootModel, model_validator

from kernel.errors import InvalidDocument, InvalidInput
from tenants.agents.rules import presets
from tenants.agents.rules_versions import services
from tenants.agents.rules_versions.services import SignOff
from tenants.registry.blueprints import SpawnContext, register_section
from tenants.registry.models import Tenant

PRESET, SIGN_OFF = "preset", "sign_off"
# A blueprint is the central team's own document, and a preset its own rules.
PRESET_SIGNED = SignOff(by="central team", reason="preset of the product, switched on unchanged")


class RulesSection(RootModel[dict[str, Any]]):
    """``{preset: name}``, or a whole document; ``sign_off: {by, reason}`` where a finding needs a name."""

    @model_validator(mode="after")
    def _check(self) -> "RulesSection":
        services.check_document(self.document)
        return self

    @property
    def preset(self) -> str | None:
        """The preset's name, if one is named."""
        return self.root.get(PRESET)

    @property
    def document(self) -> str | dict[str, Any]:
        """The document: a preset's text, or what stands in the blueprint. Raises InvalidDocument."""
        if PRESET not in self.root:
            return {key: value for key, value in self.root.items() if key != SIGN_OFF}
        unknown = sorted(set(self.root) - {PRESET, SIGN_OFF})
        if unknown or self.preset not in presets.names():
            field, value = (unknown[0], "") if unknown else (PRESET, self.preset)
            known = ", ".join(presets.names())
            remedy = _("write only preset: with one of: %(known)s") % {"known": known}
            fault = InvalidInput(_("there is no such preset"), field=field, value=value, remedy=remedy)
            raise InvalidDocument(_("the rules cannot be read"), [fault])
        return presets.source(str(self.preset))

    @property
    def signature(self) -> SignOff | None:
        """Who signed what needs a name."""
        signature = self.root.get(SIGN_OFF)
        if signature is None:
            return PRESET_SIGNED if self.preset else None
        if not isinstance(signature, dict) or not all(
            str(signature.get(key, "")).strip() for key in ("by", "reason")
        ):
            fault = InvalidInput(_("a signature needs by: and reason:"), field=SIGN_OFF, remedy=_("add both"))
            raise InvalidDocument(_("the rules cannot be read"), [fault])
        return SignOff(by=str(signature["by"]), reason=str(signature["reason"]))


def apply(tenant: Tenant, section: RulesSection, context: SpawnContext) -> None:
    """Switch the section's rules on in a new tenant; runs inside the spawning transaction."""
    services.add_version(document=section.document, acting_user=context.owner, sign_off=section.signature)


def register() -> None:
    """Take the section of blueprints; called once from AppConfig.ready."""
    register_section("rules", model=RulesSection, apply=apply)
