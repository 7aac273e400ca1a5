"""Which division a text names, where a program or a file sends text instead of a code.

The text has to name nothing else: a street is never looked at, since half of China's streets bear the name of
some other place. Simplified and traditional characters are read, and Latin ones in either order. What
several divisions fit is not guessed: ``read_division`` returns them all.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from kernel.addresses.divisions import Division, divisions, line

MOST_CANDIDATES = 12
CHINESE = re.compile(r"[\u3400-\u9fff]")
SIGNS_AND_BLANKS = re.compile(r"[\W_]+")
PEOPLES = (
    "维吾尔", "哈萨克", "蒙古", "回族", "藏族", "彝族", "苗族", "侗族", "壮族", "布依族", "土家族",
    "朝鲜族", "傣族", "景颇族", "白族", "哈尼族", "傈僳族", "羌族", "柯尔克孜", "满族", "瑶族", "畲族",
    "黎族", "仡佬族", "水族", "土族", "撒拉族", "保安族", "东乡族", "裕固族", "佤族", "拉祜族", "纳西族",
    "怒族", "独龙族", "布朗族", "普米族", "锡伯族", "塔吉克", "达斡尔族", "鄂温克族", "毛南族", "仫佬族",
    "各族", "族",
)  # fmt: skip
KINDS = (
    "特别行政区", "自治区", "自治州", "自治县", "自治旗", "新区", "矿区", "林区", "地区", "省", "市",
    "盟", "旗", "县", "区",
)  # fmt: skip
LATIN_KINDS = (
    "province", "municipality", "city", "district", "county", "prefecture", "newarea", "newdistrict",
    "banner", "league", "autonomousregion", "sheng", "shi", "qu", "xian", "xinqu", "qi", "meng",
    "zizhiqu", "zizhizhou", "zizhixian", "diqu",
)  # fmt: skip
SKIPPED = ("中华人民共和国", "中国", "中國", "市辖区", "市轄區", "peoplesrepublicofchina", "prchina", "china")
"""What people write besides the names of divisions."""


def read_division(text: str) -> tuple[Division, ...]:
    """Return the divisions that the text names, which is one where all is clear; () where it names none.

    They are the smallest that the text names: a province alone is returned as such. A name without its kind
    ("浙江 杭州 西湖") counts only where no division bears the whole name.
    """
    pieces = [piece for piece in map(_plain, re.split(r"[,，、;；/|]", text)) if piece]
    readings = {"".join(pieces), "".join(reversed(pieces))} - {""}
    if not any(CHINESE.search(reading) for reading in readings):
        # People who write Latin characters begin with the smallest: "Xuhui District Shanghai".
        words = [
            word for word in map(_plain, re.split(r"[\W_]+", text.replace("'", "").replace("’", ""))) if word
        ]
        readings |= {"".join(reversed(words))} - {""}
    for names in (_whole_names(), _all_names()):
        codes = {code for reading in readings for code in _read(reading, "", names)}
        if codes:
            return tuple(divisions()[code] for code in sorted(codes))[:MOST_CANDIDATES]
    return ()


def _read(rest: str, above: str, names: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the codes of divisions that ``rest``, read from its beginning, leads down to from ``above``."""
    for skipped in SKIPPED:
        rest = rest.removeprefix(skipped)
    if not rest:
        if above:
            yield above
        return
    for length in range(1, min(len(rest), _longest()) + 1):
        for code in names.get(rest[:length], ()):
            if _lies_in(code, above):
                yield from _read(rest[length:], code, names)


def _lies_in(code: str, above: str) -> bool:
    return not above or (code != above and above in {division.code for division in line(code)})


def _plain(text: str) -> str:
    """Return the text without case, width, accents of Latin letters, blanks and signs."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return SIGNS_AND_BLANKS.sub("", "".join(sign for sign in folded if not unicodedata.combining(sign)))


@cache
def _longest() -> int:
    return max(map(len, _all_names()))


@cache
def _whole_names() -> dict[str, tuple[str, ...]]:
    """Return the codes of divisions by their whole names, Chinese of both kinds and Latin."""
    codes: dict[str, list[str]] = {}
    for division in divisions().values():
        for name in _chinese_names(division):
            codes.setdefault(_plain(name), []).append(division.code)
        for name in map(_plain, division.latin):
            for form in {name, *(name + kind for kind in LATIN_KINDS)}:
                codes.setdefault(form, []).append(division.code)
    return {name: tuple(dict.fromkeys(known)) for name, known in codes.items()}


@cache
def _all_names() -> dict[str, tuple[str, ...]]:
    """Return the same with the names without their kinds: 浙江, 杭州, 西湖, 延边."""
    codes = {name: list(whole) for name, whole in _whole_names().items()}
    for division in divisions().values():
        for name in _chinese_names(division):
            for short in _short_names(name):
                codes.setdefault(_plain(short), []).append(division.code)
    return {name: tuple(dict.fromkeys(known)) for name, known in codes.items()}


def _chinese_names(division: Division) -> set[str]:
    names = {division.name, *division.traditional}
    return names | {name.replace("台", "臺") for name in names}


def _short_names(name: str) -> Iterator[str]:
    for kind in KINDS:
        if name.endswith(kind) and len(name) - len(kind) >= 2:
            short = name.removesuffix(kind)
            yield short
            if kind.startswith("自治"):
                yield short + kind.removeprefix("自治")
            while people := next(
                (word for word in PEOPLES if short.endswith(word) and len(short) - len(word) >= 2), ""
            ):
                short = short.removesuffix(people)
                yield short
                if kind.startswith("自治"):
                    yield short + kind.removeprefix("自治")
            return
