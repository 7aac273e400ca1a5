"""The look of the shop as fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from backoffice.forms import ConsoleForm, TextsField
from tenants.brand.colour import parse
from tenants.brand.themes import THEMES, Theme

COLOURS = {
    "primary": gettext_lazy("Main colour"),
    "secondary": gettext_lazy("Second colour"),
    "accent": gettext_lazy("Accent"),
    "base": gettext_lazy("Page"),
    "price": gettext_lazy("Prices"),
}
SCHEMES = [
    ("", gettext_lazy("as the theme")),
    ("light", gettext_lazy("light")),
    ("dark", gettext_lazy("dark")),
    ("auto", gettext_lazy("as the visitor's device")),
]
DENSITIES = [
    ("", gettext_lazy("as the theme")),
    ("compact", gettext_lazy("compact")),
    ("normal", gettext_lazy("normal")),
    ("airy", gettext_lazy("airy")),
]
FACES = [
    ("", gettext_lazy("as the theme")),
    ("sans", gettext_lazy("plain")),
    ("serif", gettext_lazy("serif")),
    ("round", gettext_lazy("round")),
    ("heavy", gettext_lazy("heavy")),
]
HERO = ("kicker", "title", "text", "label")
SHAPE = ("scheme", "display", "density", "radius", "scale")
CONTACTS = ("phone", "email", "wechat")


class ColourInput(forms.TextInput):
    """The browser's own colour picker."""

    input_type = "color"


class BrandForm(ConsoleForm):
    """The look as fields; what has no field here (home blocks, say) stays as it is."""

    theme = forms.ChoiceField(label=gettext_lazy("Base theme"))
    logo = forms.CharField(
        label=gettext_lazy("Logo"),
        max_length=8,
        required=False,
        help_text=gettext_lazy("one or two characters"),
    )
    tagline = TextsField(label=gettext_lazy("Tagline"), required=False, max_length=160)
    announcement = TextsField(label=gettext_lazy("Announcement"), required=False, max_length=160)
    hero_kicker = TextsField(label=gettext_lazy("Above the headline"), required=False, max_length=160)
    hero_title = TextsField(label=gettext_lazy("Headline"), required=False, max_length=160)
    hero_text = TextsField(label=gettext_lazy("Below the headline"), required=False, max_length=160)
    hero_label = TextsField(label=gettext_lazy("Button"), required=False, max_length=160)
    scheme = forms.ChoiceField(label=gettext_lazy("Light or dark"), choices=SCHEMES, required=False)
    display = forms.ChoiceField(label=gettext_lazy("Headings"), choices=FACES, required=False)
    density = forms.ChoiceField(label=gettext_lazy("Density"), choices=DENSITIES, required=False)
    radius = forms.IntegerField(
        label=gettext_lazy("Corners, pixels"), min_value=0, max_value=32, required=False
    )
    scale = forms.FloatField(
        label=gettext_lazy("Size of type"), min_value=0.9, max_value=1.2, required=False,
        widget=forms.NumberInput({"step": "0.05"}),
    )  # fmt: skip
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=120, required=False)
    wechat = forms.CharField(label=gettext_lazy("WeChat"), max_length=60, required=False)

    def __init__(self, *args: Any, look: dict[str, Any], **kwargs: Any) -> None:
        self.look = look
        super().__init__(*args, initial=initial(look), **kwargs)
        self.offer("theme", [(theme.key, theme.label) for theme in THEMES.values()])
        for name, label in COLOURS.items():
            self.fields[f"colour_{name}"] = forms.CharField(
                label=label, max_length=60, required=False, widget=ColourInput({"class": "bn-colour"})
            )
            self.fields[f"own_{name}"] = forms.BooleanField(label=gettext_lazy("own colour"), required=False)

    @property
    def colours(self) -> list[dict[str, Any]]:
        """Return the pickers with their switches."""
        return [{"picker": self[f"colour_{name}"], "own": self[f"own_{name}"]} for name in COLOURS]

    @property
    def shape(self) -> list[forms.BoundField]:
        """Return the fields of the shop's shape."""
        return [self[name] for name in SHAPE]

    def document(self) -> dict[str, Any]:
        """Return the whole look: what it was, with what this form says."""
        answers = self.cleaned_data
        tokens = {name: answers[name] for name in SHAPE if answers[name] not in ("", None)}
        tokens |= {name: answers[f"colour_{name}"] for name in COLOURS if answers[f"own_{name}"]}
        hero = {**self.look.get("hero", {"title": {}}), **{part: answers[f"hero_{part}"] for part in HERO}}
        contacts = {**self.look.get("contacts", {}), **{part: answers[part] for part in CONTACTS}}
        return {
            **self.look,
            "theme": answers["theme"],
            "logo": answers["logo"],
            "tagline": answers["tagline"],
            "announcement": answers["announcement"],
            "tokens": tokens,
            "hero": hero,
            "contacts": contacts,
        }


def initial(look: dict[str, Any]) -> dict[str, Any]:
    """Return the fields' values; a picker without an own colour shows the theme's."""
    theme: Theme = THEMES.get(look.get("theme", ""), THEMES["market"])
    tokens, hero, contacts = look.get("tokens", {}), look.get("hero", {}), look.get("contacts", {})
    return {
        **{name: look.get(name) for name in ("logo", "tagline", "announcement")},
        "theme": theme.key,
        **{f"hero_{part}": hero.get(part) for part in HERO},
        **{part: contacts.get(part) for part in CONTACTS},
        **{name: tokens.get(name) for name in SHAPE},
        **{
            f"colour_{name}": parse(tokens.get(name) or getattr(theme, name) or theme.primary).hex()
            for name in COLOURS
        },
        **{f"own_{name}": bool(tokens.get(name)) for name in COLOURS},
    }
