"""From a few chosen colours to every colour a page uses, each text readable where it stands."""

from typing import Literal

from tenants.brand.colour import BLACK, WHITE, Oklch, mend, mix, parse, worst

Scheme = Literal["light", "dark"]
MUTED_MINIMUM = 4.6
_HERO_SHARE = 0.6
"""How far the opening's gradient goes towards the second colour; all the way looks like two shops."""
_NEAR_HUE = 80
"""Degrees of hue that a gradient crosses without turning grey."""

_STATES = {"info": "#2f7ebd", "success": "#1f8a4c", "warning": "#e0a100", "error": "#d0342c"}


def build(
    *, primary: str, secondary: str, accent: str, base: str, price: str = "", scheme: Scheme
) -> dict[str, str]:
    """Return name -> #rrggbb for all of a page's colours.

    Brand colours stay exactly as chosen where they are a background, and the text on them is
    mended; where they are text themselves ("-ink") they are mended. The page's own background is
    kept in hue and moved into the light or the dark band, because nothing is readable on mid grey.
    """
    chosen = {"primary": parse(primary), "secondary": parse(secondary), "accent": parse(accent)}
    page = _page(parse(base), scheme)
    names = {f"base-{number}": colour.hex() for number, colour in page.items()}
    surfaces = tuple(names.values())
    ground = page[100]
    dark = scheme == "dark"
    names["base-content"] = mend(
        Oklch(0.95 if dark else 0.25, min(ground.chroma, 0.03), ground.hue), *surfaces, minimum=7
    )
    names["neutral"] = Oklch(0.34 if dark else 0.27, min(ground.chroma, 0.03), ground.hue).hex()
    names["neutral-content"] = mend(ground.at(0.97, chroma=0.01), names["neutral"])
    tones = chosen | {name: parse(colour) for name, colour in _STATES.items()}
    for name, colour in tones.items():
        names[name] = colour.hex()
        names[f"{name}-content"] = mend(_pole(names[name], colour), names[name])
        soft = _soft(colour, page, dark=dark)
        names[f"{name}-soft"] = soft
        names[f"{name}-ink"] = mend(colour, names["base-100"], names["base-200"], soft)
    softs = (names["primary-soft"], names["accent-soft"])
    muted = Oklch(0.7 if dark else 0.5, min(ground.chroma, 0.025), ground.hue)
    names["muted"] = mend(muted, *surfaces, *softs, minimum=MUTED_MINIMUM)
    names["price-ink"] = mend(parse(price), *surfaces[:2]) if price else names["primary-ink"]
    names |= _hero(chosen["primary"], chosen["secondary"])
    return names


def _page(base: Oklch, scheme: Scheme) -> dict[int, Oklch]:
    """Three steps of the page: cards (100), the page behind them (200), lines and wells (300)."""
    if scheme == "dark":
        lightness, chroma = min(base.lightness, 0.26) if base.lightness < 0.5 else 0.2, min(base.chroma, 0.05)
        return {
            100: base.at(lightness + 0.04, chroma=chroma),
            200: base.at(lightness, chroma=chroma),
            300: base.at(lightness + 0.09, chroma=chroma),
        }
    lightness, chroma = max(base.lightness, 0.955) if base.lightness > 0.5 else 0.97, min(base.chroma, 0.035)
    return {
        100: base.at(min(lightness + 0.025, 1.0), chroma=chroma * 0.4),
        200: base.at(lightness, chroma=chroma),
        300: base.at(lightness - 0.05, chroma=chroma * 1.15),
    }


def _soft(colour: Oklch, page: dict[int, Oklch], *, dark: bool) -> str:
    """A tint of the colour that text of the colour can stand on."""
    chroma = min(colour.chroma, 0.06 if dark else 0.045)
    return colour.at(page[100].lightness + 0.06 if dark else 0.945, chroma=chroma).hex()


def _pole(background: str, colour: Oklch) -> Oklch:
    """The nearly white or nearly black of the colour's own hue, whichever reads better."""
    light = colour.at(0.99, chroma=0.008)
    night = colour.at(0.2, chroma=min(colour.chroma, 0.04))
    # White on a strong colour is what people expect of a button; dark only where white is too faint.
    return light if worst(WHITE, [background]) >= 3.6 or worst(BLACK, [background]) < 5 else night


def _hero(primary: Oklch, secondary: Oklch) -> dict[str, str]:
    """A gradient from the primary colour towards the secondary, as far as one text colour allows."""
    start = primary.hex()
    content = mend(_pole(start, primary), start)
    turn = (secondary.hue - primary.hue + 180) % 360 - 180
    if abs(turn) > _NEAR_HUE and min(primary.chroma, secondary.chroma) > 0.04:
        # Between colours from opposite sides lies mud; stay near the first one.
        secondary = primary.at(primary.lightness - 0.06, turn=_NEAR_HUE / 2 if turn > 0 else -_NEAR_HUE / 2)
    wished = mend(secondary, content)
    for share in (_HERO_SHARE, 0.4, 0.25, 0.0):
        end = mix(start, wished, share)
        if worst(content, [mix(start, end, step / 16) for step in range(17)]) >= 4.5:
            return {"hero-from": start, "hero-to": end, "hero-content": content}
    raise AssertionError("the gradient's own start is always readable")
