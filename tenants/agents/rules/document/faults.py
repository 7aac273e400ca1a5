"""What is wrong with a document: code, place, value and remedy, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Texts = dict[str, str]
ZH, EN = "zh-hans", "en"
MAX_FAULTS = 50
"""Nobody reads more, and a hostile document could have a million."""


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One thing that is wrong. ``path`` is like ``earn[0].percent``; ``line`` counts from 1, 0: unknown."""

    code: str
    path: str
    line: int
    value: str
    message: Texts
    remedy: Texts

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path or 'document'}: {self.message[EN]} {self.remedy[EN]}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as JSON-ready data."""
        return {
            "code": self.code,
            "path": self.path,
            "line": self.line or None,
            "value": self.value,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(eq=False)
class FaultyDocument(Exception):
    """The document cannot be taken; ``faults`` names every reason found, at most 50."""

    faults: tuple[DocumentFault, ...] = field(default=())

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


# code -> (zh message, en message, zh remedy, en remedy); {…} is filled from the parameters.
_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "too_large": (
        "文件有 {size} 字节，超过上限 {limit} 字节。",
        "The document has {size} bytes; {limit} are allowed.",
        "一份分润规则只有几 KB，请检查是否选错了文件。",
        "A rules document has a few kilobytes: check whether this is the right file.",
    ),
    "not_text": (
        "文件不是 UTF-8 文本。",
        "The document is not UTF-8 text.",
        "请另存为 UTF-8 编码的 YAML。",
        "Save it as YAML in UTF-8.",
    ),
    "syntax": (
        "YAML 写法有误：{problem}。",
        "This is not valid YAML: {problem}.",
        "请检查这一行的缩进、冒号和引号。",
        "Check indentation, colons and quotes on this line.",
    ),
    "wide": (
        "这里的“{character}”是{zh_name}（U+{number}），不是半角的 {plain} 。",
        'The "{character}" here is a {en_name} (U+{number}), not the plain {plain} .',
        "请改成半角的 {plain} ；冒号、逗号和列表的横线后面留一个空格。",
        "Type the plain {plain} instead; a colon, a comma and the dash of a list want a space after them.",
    ),
    "odd_space": (
        "这一行有一个{zh_name}（U+{number}），它不是普通空格。",
        "There is a {en_name} (U+{number}) on this line, which is no ordinary space.",
        "请删掉它，需要空格的地方按空格键重新输入。",
        "Delete it, and press the space bar where a space is wanted.",
    ),
    "no_space": (
        "冒号后面少了一个空格。",
        "A space is missing after the colon.",
        "请写成 “键: 值” 这样，冒号后面留一个空格。",
        'Write it like "key: value", with a space after the colon.',
    ),
    "no_colon": (
        "这一行少了冒号。",
        "A colon is missing on this line.",
        "请在键后面加上冒号，例如 “percent: 8”。",
        'Put a colon after the key, as in "percent: 8".',
    ),
    "not_closed": (
        "这里开始的引号或括号没有关上。",
        "A quote or bracket that begins here is not closed.",
        "请补上对应的引号、] 或 }}。",
        "Add the quote, ] or }} that closes it.",
    ),
    "second_colon": (
        "这一行有两个冒号。",
        "There are two colons on this line.",
        "含有冒号的文字请加引号，或者把后一个键另起一行。",
        "Put a text with a colon into quotes, or give the second key a line of its own.",
    ),
    "indent": (
        "这一行的缩进与上面的行对不齐。",
        "This line is not indented like the lines it belongs to.",
        "请与同一层的上一行对齐，每层两个空格；列表的每一项以 - 开头。",
        "Align it with the line above of the same level, two spaces for each; list items begin with -.",
    ),
    "needs_quotes": (
        "这里的文字以特殊符号开头。",
        "A text begins with a special character here.",
        "请给这段文字加上引号。",
        "Put the text into quotes.",
    ),
    "tab": (
        "这一行用制表符（Tab）缩进。",
        "This line is indented with a tab.",
        "请改用空格缩进，每层两个空格。",
        "Indent with spaces, two for each level.",
    ),
    "empty": (
        "文件是空的。",
        "The document is empty.",
        "可以从一个预设开始，例如 deposit-club。",
        "Start from a preset, deposit-club for instance.",
    ),
    "not_a_mapping": (
        "文件最外层应是“键: 值”的形式。",
        "The document must consist of keys with values.",
        "例如第一行写 “name: 我的规则”。",
        'Begin with a line like "name: My rules".',
    ),
    "too_deep": (
        "嵌套超过 {limit} 层。",
        "Nested deeper than {limit} levels.",
        "规则不需要这么深，请去掉多余的层。",
        "Rules need no such depth: take out levels.",
    ),
    "too_many": (
        "条目超过 {limit} 个。",
        "More than {limit} entries.",
        "请缩短文件。",
        "Shorten the document.",
    ),
    "too_long": (
        "这段文字或数字太长（超过 {limit} 个字符）。",
        "This text or number is too long (more than {limit} characters).",
        "请缩短。",
        "Shorten it.",
    ),
    "anchor": (
        "不允许使用锚点和引用（& 和 *）。",
        "Anchors and aliases (& and *) are not allowed.",
        "请把内容完整写出来；以 * 或 & 开头的文字请加引号。",
        "Write the content out; put text that begins with * or & into quotes.",
    ),
    "tag": (
        "不允许使用类型标签 {tag}。",
        "The type tag {tag} is not allowed.",
        "请去掉以 ! 开头的标签。",
        "Remove the tag that begins with !.",
    ),
    "several_documents": (
        "一个文件里有多份文档。",
        "The file holds several documents.",
        "请去掉第一个 “---” 之后的其余文档。",
        'Remove everything after the second "---".',
    ),
    "duplicate_key": (
        "“{key}” 写了两次，第一次在第 {first} 行。",
        '"{key}" is written twice, first on line {first}.',
        "请合并或删掉其中一个。",
        "Merge them or remove one.",
    ),
    "bad_key": (
        "键必须是文字。",
        "A key must be plain text.",
        "请检查这一行的缩进和冒号。",
        "Check indentation and colons on this line.",
    ),
    "control": (
        "这里有看不见的控制字符（U+{number}）。",
        "There is an invisible control character here (U+{number}).",
        "请删掉后重新输入这段文字。",
        "Delete the text and type it again.",
    ),
    "not_finite": (
        "{value} 不是有限的数。",
        "{value} is not a finite number.",
        "请写普通的数，例如 12.5。",
        "Write an ordinary number such as 12.5.",
    ),
    "unknown_key": (
        "不认识 “{key}”。",
        '"{key}" is unknown here.',
        "这里可以写：{known}。{guess}",
        "Known here: {known}. {guess_en}",
    ),
    "missing": (
        "缺少 “{key}”。",
        '"{key}" is missing.',
        "请补上。",
        "Add it.",
    ),
    "choice": (
        "“{value}” 不是可选的值。",
        '"{value}" is not one of the choices.',
        "可选：{expected}。{guess}",
        "Choose one of: {expected}. {guess_en}",
    ),
    "kind": (
        "这里应是{expected_zh}。",
        "This must be {expected}.",
        "请改成{expected_zh}。",
        "Change it to {expected}.",
    ),
    "bounds": (
        "{value} 超出范围。",
        "{value} is out of bounds.",
        "允许的范围：{expected}。",
        "Allowed: {expected}.",
    ),
    "id": (
        "“{value}” 不能用作编号。",
        '"{value}" cannot be an id.',
        "请以小写英文字母开头，只用小写字母、数字、- 和 _，最多 40 个字符，例如 my-share。",
        "Begin with a small letter and use small letters, digits, - and _ only, at most 40: my-share.",
    ),
    "too_few": (
        "这里至少要写 {least} 项。",
        "At least {least} must be listed here.",
        "请补上，或者整行删掉。",
        "Add what is missing, or take the line out.",
    ),
    "not_a_number": (
        "“{value}” 不是数。",
        '"{value}" is not a number.',
        "请写成 {example} 这样。",
        "Write it like {example}.",
    ),
    "negative": (
        "{value} 是负数。",
        "{value} is negative.",
        "请写零或正数。",
        "Write zero or a positive number.",
    ),
    "percent_over_100": (
        "{value}% 超过 100%。",
        "{value} % is more than 100 %.",
        "请写 0 到 100 之间的数。",
        "Write a number from 0 to 100.",
    ),
    "too_precise": (
        "{value} 的小数位太多，最多 {digits} 位。",
        "{value} has too many decimals; at most {digits} are allowed.",
        "请四舍五入。",
        "Round it.",
    ),
    "too_big": (
        "{value} 太大。",
        "{value} is too large.",
        "请检查是否多写了零。",
        "Check whether there are too many zeros.",
    ),
    "currency": (
        "“{value}” 不是货币代码。",
        '"{value}" is no currency code.',
        "请写三个大写字母，例如 CNY。",
        "Write three capital letters such as CNY.",
    ),
    "duplicate_id": (
        "编号 “{value}” 用了两次。",
        'The id "{value}" is used twice.',
        "请换一个编号。",
        "Choose another id.",
    ),
    "unknown_role": (
        "没有叫 “{value}” 的角色。",
        'There is no role "{value}".',
        "已有的角色：{known}。",
        "Roles of this document: {known}.",
    ),
    "one_of": (
        "{first} 和 {second} 必须且只能写一个。",
        "Exactly one of {first} and {second} must be given.",
        "请补上或删掉一个。",
        "Add one or remove one.",
    ),
    "needs": (
        "{what} 需要写 {needed}。",
        "{what} needs {needed}.",
        "请补上 {needed}。",
        "Add {needed}.",
    ),
    "not_here": (
        "{what} 不能写 {unwanted}。",
        "{what} cannot have {unwanted}.",
        "请删掉 {unwanted}。",
        "Remove {unwanted}.",
    ),
    "sum_over_100": (
        "同一笔货款上的比例加起来是 {value}%，超过 100%。",
        "The percentages on one and the same amount add up to {value} %, more than 100 %.",
        "请把它们降到总和不超过 100%。",
        "Lower them until they add up to 100 % at most.",
    ),
    "role_circle": (
        "角色 “{value}” 的达成条件绕回到了自己。",
        'What reaches the role "{value}" leads back to itself.',
        "请去掉这个条件。",
        "Remove that condition.",
    ),
    "person": (
        "“{value}” 看不懂是谁。",
        '"{value}" does not say who this is.',
        "请写名字，角色放在括号里，例如 anna (keeper)。",
        "Write a name, with roles in brackets: anna (keeper).",
    ),
    "value": (
        "这个值不能接受：{problem}。",
        "This value cannot be taken: {problem}.",
        "请修改。",
        "Change it.",
    ),
}


def fault(code: str, path: str = "", line: int = 0, value: Any = "", **params: Any) -> DocumentFault:
    """Make a Fault of the given code with its sentences filled in; long values are cut."""
    # Nothing that steers a terminal or a log gets out of a document.
    shown = "".join(c if c.isprintable() else "�" for c in str(value)[:100])
    shown = shown if len(shown) <= 80 else shown[:77] + "…"
    zh, en, zh_remedy, en_remedy = _TEXTS[code]
    params = {"value": shown, "guess": "", "guess_en": "", **params}
    return DocumentFault(
        code=code,
        path=path,
        line=line,
        value=shown,
        message={ZH: zh.format_map(params), EN: en.format_map(params)},
        remedy={ZH: zh_remedy.format_map(params).strip(), EN: en_remedy.format_map(params).strip()},
    )


def path_text(location: Sequence[str | int]) -> str:
    """Write a location the way people read it: ``earn[0].percent``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


Lines = Mapping[tuple[str | int, ...], int]
"""Where each part of the document stands: location -> line, counted from 1."""


def line_of(location: tuple[str | int, ...], lines: Lines) -> int:
    """Return the line of a part, or of the nearest part around it; 0 where lines are not known."""
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1 if lines else 0)
