"""No choice of colour makes text unreadable, and colours that are readable stay as they were chosen."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.brand.colour import AA, contrast, mend, mix, parse
from tenants.brand.palette import build
from tenants.brand.themes import THEMES

PAIRS: tuple[tuple[str, str], ...] = (
    *((text, base) for text in ("base-content", "muted") for base in ("base-100", "base-200", "base-300")),
    *(
        (f"{tone}-ink", base)
        for tone in ("primary", "secondary", "accent", "price", "info", "success", "warning", "error")
        for base in ("base-100", "base-200")
    ),
    *(
        (f"{tone}-content", tone)
        for tone in ("primary", "secondary", "accent", "neutral", "info", "success", "warning", "error")
    ),
    *(
        (f"{tone}-ink", f"{tone}-soft")
        for tone in ("primary", "accent", "success", "warning", "error", "info")
    ),
    ("base-content", "primary-soft"),
    ("base-content", "accent-soft"),
    ("muted", "primary-soft"),
    ("muted", "accent-soft"),
    ("hero-content", "hero-from"),
    ("hero-content", "hero-to"),
)
"""(text, background): every pair that a template puts together; each reaches AA whatever was chosen."""
ROOT = Path(__file__).resolve().parents[2]
hexes = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
schemes = st.sampled_from(["light", "dark"])


@pytest.mark.slow
@settings(max_examples=40)
@given(hexes, hexes, hexes, hexes, st.one_of(st.just(""), hexes), schemes)
def test_every_pair_of_a_page_is_readable(primary, secondary, accent, base, price, scheme):
    colours = build(
        primary=primary, secondary=secondary, accent=accent, base=base, price=price, scheme=scheme
    )
    for text, background in PAIRS:
        assert contrast(colours[text], colours[background]) >= AA, (text, background)


@settings(max_examples=30)
@given(hexes, hexes, schemes)
@pytest.mark.slow
def test_the_opening_is_readable_all_along_its_gradient(primary, secondary, scheme):
    colours = build(primary=primary, secondary=secondary, accent="#888888", base="#ffffff", scheme=scheme)
    for step in range(17):
        point = mix(colours["hero-from"], colours["hero-to"], step / 16)
        assert contrast(colours["hero-content"], point) >= AA


RINGS = (
    "storefront_theme/static/storefront/shop.css",
    "storefront_theme/static/payments/in_app.css",
    "platform/portal/static/portal/portal.css",
    "platform/backoffice/static/backoffice/console.css",
    "platform/config/static/config/front_page.css",
)
RULE = re.compile(r":focus-visible[^{}]*\{([^{}]*(?:box-shadow|outline):[^{}]*)\}")


@pytest.mark.parametrize("file", RINGS)
@pytest.mark.slow
def test_where_the_focus_is_stands_out_from_every_colour(file):
    rules = RULE.findall((ROOT / file).read_text())
    rings = [ring for rule in rules if len(ring := re.findall(r"#\w{3}\b", rule)) == 2]
    assert rings
    for ring in rings:
        doubled = ["#" + "".join(digit * 2 for digit in colour[1:]) for colour in ring]
        for name in THEMES:
            theme = THEMES[name]
            for scheme in ("light", "dark"):
                colours = build(
                    primary=theme.primary,
                    secondary=theme.secondary,
                    accent=theme.accent,
                    base=theme.base,
                    scheme=scheme,
                )
                for token, background in colours.items():
                    assert max(contrast(colour, background) for colour in doubled) >= 3, (name, token)
        # And whatever else a shop may choose.
        for red in range(0, 256, 51):
            for green in range(0, 256, 51):
                for blue in range(0, 256, 51):
                    background = f"#{red:02x}{green:02x}{blue:02x}"
                    assert max(contrast(colour, background) for colour in doubled) >= 3, background


@given(hexes, hexes)
@pytest.mark.slow
def test_mending_one_background_always_works_and_leaves_what_is_readable(text, background):
    mended = mend(parse(text), background)
    assert contrast(mended, background) >= AA
    if contrast(parse(text).hex(), background) >= AA:
        assert mended == parse(text).hex()


@given(hexes)
def test_a_hex_colour_survives_the_way_through_oklch(colour):
    back = parse(colour).hex()
    apart = max(abs(int(colour[i : i + 2], 16) - int(back[i : i + 2], 16)) for i in (1, 3, 5))
    assert apart <= 1


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 359))
def test_any_oklch_becomes_a_colour_a_screen_can_show(lightness, chroma, hue):
    assert parse(parse(f"oklch({lightness:.4f} {chroma:.4f} {hue:.2f})").hex())


@pytest.mark.parametrize("text", ["red", "#12", "#12345g", "url(x)", "oklch(200% 0 0)", "#fff;}body{}", ""])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match=r"colour|lightness"):
        parse(text)


@pytest.mark.parametrize("name", THEMES)
def test_a_themes_brand_colours_stay_as_they_are(name):
    theme = THEMES[name]
    colours = build(
        primary=theme.primary, secondary=theme.secondary, accent=theme.accent, base=theme.base, scheme="light"
    )
    for token in ("primary", "secondary", "accent"):
        assert contrast(colours[token], getattr(theme, token)) < 1.02
