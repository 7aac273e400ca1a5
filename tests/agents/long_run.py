"""A million partial refunds over many orders: ``python -m tests.agents.long_run [REFUNDS] [SEED]``."""

import random
import sys
import time

from tenants.agents.rules import presets
from tenants.agents.rules.splitting.reversal import NOTHING_YET, Refunded, reverse
from tenants.agents.rules.splitting.split import split_order
from tests.agents.sales import chain, line, order, person


def refund(count: int, *, seed: int) -> int:
    """Refund ``count`` times, each order until nothing of it is left; return how often it was done.

    Raises AssertionError where a step is negative, gives back more than there was, or leaves a coin.
    """
    draw = random.Random(seed)
    names = presets.names()
    people = [person("a", "promoter", "keeper", "shopkeeper"), person("b", "manager", "promoter", "director")]
    provider = person("co", "provider", company=True)
    done = 0
    while done < count:
        rules = presets.rules(draw.choice(names))
        goods = [line(draw.randrange(1, 50_000), draw.randrange(0, 30_000), name=str(n)) for n in range(2)]
        around = chain(*people, provider)._replace(
            streamer=person("s", "star", "leader"), leader=person("l", "leader")
        )
        split = split_order(order(*goods, fee=draw.randrange(50)), around, rules)
        sign = -1 if split.distributable < 0 else 1
        so_far = NOTHING_YET
        while so_far.amount < split.paid:
            left = split.paid - so_far.amount
            part = min(left, draw.choice((1, 7, draw.randrange(1, left + 1), -(-left // 9))))
            step = reverse(split, so_far, part)
            before = so_far.clawed_back or (0,) * len(step)
            clawed_back = tuple(a + b for a, b in zip(before, step, strict=True))
            if any(sign * back < 0 for back in step):
                raise AssertionError(f"a step goes the wrong way: {step} of {split}")
            so_far = Refunded(so_far.amount + part, clawed_back)
            done += 1
            # Some orders are never refunded to the end.
            if done >= count or draw.random() < 0.001:
                break
        whole = tuple(earning.amount for earning in split.earnings)
        if any(sign * back > sign * had for back, had in zip(so_far.clawed_back, whole, strict=True)):
            raise AssertionError(f"more was clawed back than was given: {so_far} of {split}")
        if so_far.amount == split.paid and so_far.clawed_back != whole:
            raise AssertionError(f"a residue is left: {so_far} of {split}")
    return done


if __name__ == "__main__":
    refunds = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    started = time.monotonic()
    refund(refunds, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    spent = time.monotonic() - started
    sys.stdout.write(f"{refunds:,} refunds in {spent:.0f} s: no residue, no negative step\n")
