"""What the linter says: for each code the law it concerns, the sentence and the remedy, in both languages.

Engineering, not legal advice; the screens that show findings say so.
"""

_PYRAMID = (
    "《禁止传销条例》（2005）第七条第（{zh}）项",
    "Regulation on Prohibition of Pyramid Selling (2005), art. 7({n})",
)
_E_COMMERCE = ("《电子商务法》（2018）第{zh}条", "E-commerce Law (2018), art. {n}")


def _law(law: tuple[str, str], number: int, zh: str) -> tuple[str, str]:
    return law[0].format(zh=zh), law[1].format(n=number)


_ONE, _TWO, _THREE = _law(_PYRAMID, 1, "一"), _law(_PYRAMID, 2, "二"), _law(_PYRAMID, 3, "三")
_COMPANY_LAW, _TAX = _law(_E_COMMERCE, 10, "十"), _law(_E_COMMERCE, 11, "十一")
_TAX_LAW = (
    f"{_TAX[0]}；国务院令第810号（2025）；税务总局公告2025年第16号",
    f"{_TAX[1]}; State Council Order 810 (2025); STA Announcement 16 (2025)",
)
_DEPOSIT_LAW = _law(_E_COMMERCE, 21, "二十一")
_TEAMS = (f"{_TWO[0]}、第（三）项", f"{_TWO[1]} and (3)")
_DEPOSIT_TO_EARN = (f"{_TWO[0]}；{_DEPOSIT_LAW[0]}", f"{_TWO[1]}; {_DEPOSIT_LAW[1]}")
_TERMS_LAW = ("《民法典》（2020）第四百九十七条", "Civil Code (2020), art. 497")
_ARITHMETIC = ("算术", "arithmetic")

# code -> (article, zh message, en message, zh remedy, en remedy)
TEXTS: dict[str, tuple[tuple[str, str], str, str, str, str]] = {
    "head_reward": (
        _ONE,
        "为拉来一个人就付钱，不需要有销售。",
        "Pays for bringing a person, without any sale.",
        "删掉按人头的奖励，改为按成交付佣金。",
        "Remove the reward per head; pay commission on sales instead.",
    ),
    "code_price": (
        _ONE,
        "邀请码带有价格或奖励。",
        "Invitation codes carry a price or a reward.",
        "删掉邀请码的价格和奖励。",
        "Remove price and reward from the codes.",
    ),
    "first_order_bounty": (
        _ONE,
        "“{id}”为拉来的人的首单多付钱，之后的同样一单不付：这是拉新奖励。",
        '"{id}" pays more for the first order of somebody brought than for the same order later: a bounty.',
        "请中台签字，或改为每一单都按同样的比例付。",
        "Have the central team sign it off, or pay the same part of every sale.",
    ),
    "entry_fee": (
        _TWO,
        "加入时要付 {amount}，既不是可退的押金，又是获得收入的前提（礼包也算变相入门费）。",
        "Asks {amount}, not refundable, as a condition to earn; a gift pack is a fee in disguise.",
        "取消入门费；需要保证金时请用可随时退还的 join.deposit。",
        "Drop the fee; where security is needed use join.deposit, which can be had back on request.",
    ),
    "refundable_fee": (
        _TWO,
        "加入时要付可退的 {amount}，它其实是押金。",
        "Asks a refundable {amount} for joining, which is really a deposit.",
        "取消它；确实需要保证金时写成 join.deposit，可随时退还，且不作为赚钱的前提。",
        "Drop it; where security is needed write join.deposit, returned on request and no condition to earn.",
    ),
    "deposit_to_earn": (
        _DEPOSIT_TO_EARN,
        "不交 {amount} 押金就得不到能赚钱的角色“{role}”；押金虽可退，仍是赚钱的前提。",
        'Nobody gets the role "{role}", which earns, without a deposit of {amount}, though it is returned.',
        "请中台签字，或取消押金，让角色不交押金也能得到。",
        "Have the central team sign it off, or drop the deposit, so that the role can be had without one.",
    ),
    "third_level": (
        _THREE,
        "同一笔销售付给了超过两级的人或公司（公通字〔2013〕37号：三级、三十人以上）。",
        "Pays more than two levels, people or companies, from one sale (公通字〔2013〕37号: 3 levels, 30).",
        "删掉第二级以上的分成。",
        "Remove what is paid beyond the second level.",
    ),
    "second_level": (
        _THREE,
        "同一笔销售付给第二级，人或公司都算。与销售挂钩的两级分销存在争议（2022 年有处罚先例）。",
        "Pays a second level, people or companies. Debated where it is for sales: a shop was fined in 2022.",
        "请中台签字，或删掉第二级。",
        "Have the central team sign it off, or remove the second level.",
    ),
    "team_sales": (
        _THREE,
        "角色“{role}”靠下级团队的销售额达成或保住，而它会提高收入：收入随团队业绩上升。",
        'The role "{role}" is reached or kept by what people below sell, and raises income.',
        "请中台签字，或改为按本人名下客户的销售。",
        "Have the central team sign it off, or let sales to own customers count.",
    ),
    "headcount_role": (
        _ONE,
        "角色“{role}”靠拉来的人数达成，而它会提高收入。",
        'The role "{role}" is reached by number of people, and raises income.',
        "请中台签字，或改为按本人名下客户的销售晋升。",
        "Have the central team sign it off, or promote by own sales.",
    ),
    "headcount_to_keep": (
        _ONE,
        "能赚钱的角色“{role}”要靠拉来的人数才能保住。",
        'The role "{role}", which earns, is kept by number of people.',
        "请中台签字，或改为按本人名下客户的销售保留。",
        "Have the central team sign it off, or let sales to own customers keep it.",
    ),
    "headcount_note": (
        _ONE,
        "角色“{role}”靠人数达成；它现在不影响收入。",
        'The role "{role}" is reached by number of people; it raises no income now.',
        "保持它与收入无关。",
        "Keep it apart from income.",
    ),
    "headcount_saving": (
        _ONE,
        "角色“{role}”靠拉来的人数达成，而它能让自己买得更便宜：这是以实物奖励拉人。",
        'The role "{role}" is reached by number of people, and buys cheaper: a reward for bringing, in kind.',
        "改为按本人消费或名下客户的销售达成。",
        "Let own spending or own sales reach it instead.",
    ),
    "team_units": (
        _TEAMS,
        "角色“{role}”按下面的团队（直属“{below}”）数量达成，而它会提高收入。",
        'The role "{role}" counts team units (direct holders of "{below}"), and raises income.',
        "请中台签字，或改为按本人名下客户的销售晋升。",
        "Have the central team sign it off, or promote by own sales.",
    ),
    "allowance": (
        _ONE,
        "角色“{role}”每月拿 {amount}，不需要有销售。",
        'The role "{role}" is paid {amount} a month, without any sale.',
        "删掉津贴，改为按成交付佣金。",
        "Remove the allowance; pay commission on sales instead.",
    ),
    "purchase_to_earn": (
        _TWO,
        "必须自己先消费才能成为可以赚钱的“{role}”，属于变相入门费。",
        'Nobody becomes "{role}", who earns, without buying first: a fee in disguise.',
        "改为按本人名下客户的销售达成。",
        "Let sales to own customers reach it instead.",
    ),
    "purchase_to_keep": (
        _TWO,
        "必须不断自己消费才能保住可以赚钱的“{role}”，属于变相收费。",
        'Nobody stays "{role}", who earns, without buying again: a fee in disguise.',
        "改为按本人名下客户的销售保留。",
        "Let sales to own customers keep it instead.",
    ),
    "buyer_pays_first": (
        _TWO,
        "“{id}”只在买家先{zh_need}之后才付钱：分享人的收入取决于被拉来的人先付出。",
        '"{id}" pays only once the buyer has {en_need}: the sharer earns by what the recruit gives first.',
        "请中台签字，或去掉对买家角色的要求。",
        "Have the central team sign it off, or ask no such role of the buyer.",
    ),
    "any_purchase": (
        _TWO,
        "购买商品是成为（或继续做）可以赚佣金的人的途径。",
        "A purchase makes, or keeps, a person who can earn.",
        "请中台签字，或让任何人免费加入、按销售晋升。",
        "Have the central team sign it off, or let anyone join for free and sales promote.",
    ),
    "deposit_locked": (
        _DEPOSIT_LAW,
        "押金不能按要求退还。",
        "The deposit cannot be had back on request.",
        "写 returned_on_request: true。",
        "Write returned_on_request: true.",
    ),
    "deposit_terms": (
        _DEPOSIT_LAW,
        "押金的退还以拉人或卖货为条件，属于不合理条件。",
        "The deposit's return depends on bringing people or on selling, which is unreasonable.",
        "删掉这个条件；押金随时可退即可。",
        "Remove the condition; that it is returned on request is enough.",
    ),
    "deposit_condition": (
        _DEPOSIT_LAW,
        "押金的退还与消费挂钩，但也可以随时要求退还。",
        "The deposit's return is tied to spending, but it is also returned on request.",
        "页面上要写明可以随时要求退还。",
        "Say on the page that it can be had back at any time.",
    ),
    "saving_and_income": (
        _TAX_LAW,
        "“{id}”把省钱和收入混在一起：省钱只给买家，买家也只能省钱。",
        '"{id}" mixes saving and income: only a buyer saves, and a buyer only saves.',
        "给买家的写成 price_reduction；price_reduction 只能给买家。",
        "What the buyer gets is a price_reduction; a price_reduction goes to the buyer alone.",
    ),
    "commission_tax": (
        _TAX_LAW,
        "付给个人的佣金没有写明税务处理。",
        "Commission is paid to people without a tax treatment.",
        "写 tax.commission: withheld_by_platform。",
        "Write tax.commission: withheld_by_platform.",
    ),
    "service_fee_tax": (
        _TAX,
        "服务费没有写明税务处理。",
        "A service fee is paid without a tax treatment.",
        "写 tax.service_fee: invoice_by_company。",
        "Write tax.service_fee: invoice_by_company.",
    ),
    "declared_by_payee": (
        _TAX_LAW,
        "让个人自行申报佣金的税；平台有累计预扣和报送义务。",
        "People declare their commission themselves; the platform has to withhold and report.",
        "写 tax.commission: withheld_by_platform。",
        "Write tax.commission: withheld_by_platform.",
    ),
    "fee_to_person": (
        _COMPANY_LAW,
        "服务费付给角色“{role}”，而它不要求是登记的公司。",
        'A service fee goes to the role "{role}", which need not be a registered company.',
        "给这个角色加上 company: true。",
        "Add company: true to that role.",
    ),
    "fee_for_sharing": (
        _TAX_LAW,
        "“{id}”以服务费付给分享人：个人注册一家公司就能代替要预扣税的佣金。",
        '"{id}" pays a service fee for sharing: a one-person company stands in for taxed commission.',
        "改成 kind: commission；服务费留给上方真正提供服务的公司（nearest_above）。",
        "Write kind: commission; keep service fees for the company above that serves (nearest_above).",
    ),
    "long_hold": (
        _TERMS_LAW,
        "“{id}”要在收货 {days} 天后才能提现；格式条款不得不合理地限制对方的主要权利。",
        '"{id}" waits {days} days after receipt; standard terms may not restrict main rights like that.',
        "请中台签字，或写不超过 {most} 天的 hold_days。",
        "Have the central team sign it off, or write hold_days of at most {most}.",
    ),
    "below_cost": (
        _ARITHMETIC,
        "省的钱可以让商品低于成本出售，差额由店铺承担。",
        "A saving may take goods below their cost; the shop bears the loss.",
        "删掉 limits.below_cost。",
        "Remove limits.below_cost.",
    ),
    "above_margin": (
        _ARITHMETIC,
        "某些商品上，付出去的可能超过毛利。",
        "On some goods the payouts could exceed the margin.",
        "写 limits.payout: {{percent: {percent}, of: margin}} 或更低。",
        "Write limits.payout: {{percent: {percent}, of: margin}} or less.",
    ),
    "margin_taken": (
        _ARITHMETIC,
        "一笔 {price} 的销售（毛利 {margin}）会付给同一个人 {amount}：几乎是全部毛利，像变相的拉新奖励。",
        "A sale of {price} with a margin of {margin} pays {amount} to one person: nearly all that it leaves.",
        "请中台签字，或写 limits.payout: {{percent: {percent}, of: margin}} 或更低。",
        "Have it signed off, or write limits.payout: {{percent: {percent}, of: margin}} or less.",
    ),
}
