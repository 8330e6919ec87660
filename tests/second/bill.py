"""Bills, computed a second time. The test `second` compares them with the bills that `shared/statement` makes.

usage: bill.py < cases.json > bills.json     (needs Python 3.11 or later, and no package)

This file follows the reference of contracts, `shared/contracts/README.md`, and shares no code with the Rust crates.
So a number on which both agree is what the reference says. Where the reference does not say enough to compute a
number, complete the reference first.

Read the file from top to bottom: it takes the steps of a bill in their order. Every number is a fraction, and is
rounded only where the reference says so.

The input is {"cases": [case, ...]}. A case has the text of contracts.toml (`contracts`), the id of a `customer`, a
billing `period`, the charges of each payer (`payers`), what all customers spend under each payer (`plans`), and
what earlier bills have left (`opening`). The output is a list of bills: {"invoices": [...], "waterfalls": [...],
"closing": {...}}, or {"error": "why there is no bill"}.
"""

import json
import re
import sys
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

if sys.version_info < (3, 11):
    sys.exit(f"bill.py needs Python 3.11 or later, because earlier ones cannot read TOML; this is {sys.version}")
import tomllib


class NoBill(Exception):
    """A bill cannot be made, and why."""


# Numbers.

ZERO = Fraction(0)
EIGHTEENTH_DECIMAL = Fraction(1, 10**18)
TENTH_DECIMAL = Fraction(1, 10**10)
# A rate is a whole number of at most 96 bits, with a point before one of its last 28 digits.
RATE_END = 2**96
RATE_DECIMALS = 28
MINOR_UNITS = {"JPY": 0, "USD": 2, "EUR": 2, "KWD": 3}


def rounded(exact, unit, mode):
    """One of the two multiples of a unit that are next to a number. `up` is away from zero."""
    units = abs(exact) / unit
    whole, rest = divmod(units.numerator, units.denominator)
    if mode == "up":
        is_up = rest > 0
    elif mode == "half_up":
        is_up = 2 * rest >= units.denominator
    elif mode == "half_even":
        is_up = 2 * rest > units.denominator or (2 * rest == units.denominator and whole % 2 == 1)
    else:
        assert mode == "down", mode
        is_up = False
    result = (whole + is_up) * unit
    return -result if exact < 0 else result


def product(amount, rate):
    return rounded(amount * rate, EIGHTEENTH_DECIMAL, "half_even")


def part_of(amount, part, whole):
    return rounded(amount * part / whole, EIGHTEENTH_DECIMAL, "half_even")


def coin(currency):
    return Fraction(1, 10 ** MINOR_UNITS[currency])


def divided(whole, weights):
    """Divides an amount between invoices by their weights. A negative weight counts as zero. If nothing has a
    weight, the last invoice takes the whole amount."""
    weights = [max(weight, ZERO) for weight in weights]
    if sum(weights) == 0:
        weights[-1] = Fraction(1)
    if whole < 0:
        return [-part for part in divided(-whole, weights)]
    exact = [whole * weight / sum(weights) for weight in weights]
    parts = [rounded(part, TENTH_DECIMAL, "down") for part in exact]
    largest_remainder_first = sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])
    left = whole - sum(parts)
    for at in largest_remainder_first:
        if left >= TENTH_DECIMAL:
            parts[at] += TENTH_DECIMAL
            left -= TENTH_DECIMAL
    parts[largest_remainder_first[0]] += left
    return parts


def text(number, decimals=18):
    """A number without zeros at its end."""
    digits = abs(number) * 10**decimals
    assert digits.denominator == 1, number
    whole, rest = divmod(digits.numerator, 10**decimals)
    return f"{'-' if number < 0 else ''}{whole}.{rest:0{decimals}}".rstrip("0").rstrip(".")


# Days and billing periods.


def first_day(period):
    return date.fromisoformat(f"{period}-01")


def last_day_of_month(day):
    return day.replace(day=monthrange(day.year, day.month)[1])


def last_day(period):
    return last_day_of_month(first_day(period))


def periods_between(earlier, later):
    earlier, later = first_day(earlier), first_day(later)
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def day_by_rule(rule, day):
    """The day that a rule counts from another day."""
    if "days" in rule:
        return day + timedelta(days=rule["days"])
    years, month = divmod(day.month - 1 + rule["months"], 12)
    last = last_day_of_month(date(day.year + years, month + 1, 1))
    return last if rule["day"] == "last" else last.replace(day=min(rule["day"], last.day))


# Conditions that choose charges.


def listed(value):
    return value if isinstance(value, list) else [value]


def fits(pattern, value):
    """Whether a value fits a text, in which a star stands for any characters or for none."""
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None


def meets(conditions, charge):
    for key in ("kind", "account", "payer"):
        if key in conditions and charge[key] not in listed(conditions[key]):
            return False
    for key in ("service", "region", "usage_type"):
        if key in conditions and not any(fits(each, charge[key]) for each in listed(conditions[key])):
            return False
    return True


# What all steps look at.

CHARGED = ["usage", "commitment_fee", "support", "fee", "subscription", "marketplace"]
KINDS_OF_A_LINE = ["usage", "commitment_fee", "fee", "subscription", "marketplace"]
KINDS_OF_SUPPORT = ["usage", "commitment_fee", "fee", "subscription"]
KINDS_OF_A_CREDIT = ["usage", "commitment_fee", "fee", "subscription", "credit", "refund", "discount"]


@dataclass
class Item:
    """Money on a bill, in the currency that it has before it is converted. Each invoice has a part of it."""

    section: str
    id: str
    currency: str
    parts: list
    payer: str = ""
    account: str = ""
    service: str = ""


def with_numbers(values, *keys):
    """The same values, with numbers in place of their texts."""
    numbers = {key: Fraction(values[key]) for key in keys if values[key] is not None}
    return {**values, **numbers}


class Bill:
    """The contract, the billing period, and the charges."""

    def __init__(self, case):
        self.file = tomllib.loads(case["contracts"])
        self.period = case["period"]
        self.opening = case["opening"]
        self.customer = next(of for of in self.file["customer"] if of["id"] == case["customer"])
        self.currency = self.customer.get("currency", "USD")
        self.fx_of_payers = {payer["id"]: payer.get("fx") for payer in self.file.get("payer", [])}
        # What an invoice does not say, the customer says. A customer without invoices is the one invoice.
        keys = ("currency", "rounding", "fx", "tax", "withholding")
        of_customer = {key: self.customer[key] for key in keys if key in self.customer}
        invoices = self.customer.get("invoice", [{"id": self.customer["id"]}])
        self.invoices = [{"currency": self.currency, **of_customer, **invoice} for invoice in invoices]
        self.plans = [
            {
                "payer": payer["payer"],
                "customers": {
                    customer: [with_numbers(row, "list", "amortized", "before_rules", "charge") for row in rows]
                    for customer, rows in payer["customers"].items()
                },
            }
            for payer in case["plans"]
        ]
        self.charges = [
            self.read_charge(payer["payer"], charge) for payer in case["payers"] for charge in payer["charges"]
        ]

    def read_charge(self, payer, charge):
        """A charge with its numbers. It stands on the first invoice whose conditions it meets."""
        numbers = ("unblended", "amortized", "list", "benefit", "before_rules", "charge")
        charge = {**with_numbers(charge, *numbers), "payer": payer}
        charge["invoice"] = next(at for at, invoice in enumerate(self.invoices) if meets(invoice, charge))
        return charge

    def tables(self, key):
        """The customer's tables with a name, as far as they hold in the billing period."""
        return [table for table in self.customer.get(key, []) if holds(table, self.period)]

    def has_usage(self):
        """Whether anything is charged in the billing period."""
        return any(charge["charge"] != 0 for charge in self.charges)

    def no_money(self):
        return [ZERO] * len(self.invoices)

    # Exchange rates.

    @cache
    def rate(self, source, target, at, payer, with_premium=True):
        """The rate of an invoice: as the invoice or its customer says, or else the payer, or else the file."""
        if source == target:
            return Fraction(1)
        of_invoice = None if at is None else self.invoices[at].get("fx")
        choice = of_invoice or self.fx_of_payers.get(payer) or {}
        choice = {"series": choice} if isinstance(choice, str) else choice
        tables = self.file.get("fx", {})
        if "series" in choice:
            tables = tables[choice["series"]]
        on = choice.get("on")
        if on is None:
            on = self.period
        elif on == "period_end":
            on = last_day(self.period).isoformat()
        else:
            on = day_by_rule(on, last_day(self.period)).isoformat()
        rate = tables.get(source, {}).get(target, {}).get(on)
        if rate is None:
            raise NoBill(f"there is no rate from {source} to {target} for {on}")
        rate, premium, add = (Fraction(of) for of in (rate, choice.get("premium", "0"), choice.get("add", "0")))
        full_rate = rate * (1 + premium) + add
        if not is_a_rate(full_rate):
            raise NoBill(f"the rate from {source} to {target} for {on} has too many digits")
        return full_rate if with_premium else rate

    def converted(self, amount, source, target, at, payer):
        """An amount in another currency. No rate is needed for an amount of zero."""
        return product(amount, self.rate(source, target, at, payer)) if amount else amount

    def converted_charge(self, charge, amount, currency):
        """An amount of a charge in another currency, by the rate of the charge."""
        return self.converted(amount, charge["currency"], currency, charge["invoice"], charge["payer"])

    # Bases of fees, support plans and minimums, and how amounts are divided between invoices.

    def by_invoice(self, amounts, currency):
        """Adds up amounts of charges for each invoice. Each amount is converted by itself."""
        sums = self.no_money()
        for charge, amount in amounts:
            sums[charge["invoice"]] += self.converted_charge(charge, amount, currency)
        return sums

    def base(self, table, stage, kinds, charges, currency):
        """What each invoice has of a base."""
        return self.by_invoice(counted_charges(table, stage, kinds, charges), currency)

    def charged_by_invoice(self):
        """The charges of each invoice. They divide what has no base of its own. Only proportions matter, so
        nothing is converted if all charges have one currency."""
        currencies = {charge["currency"] for charge in self.charges}
        currency = currencies.pop() if len(currencies) == 1 else self.invoices[-1]["currency"]
        return self.by_invoice([(charge, charge["charge"]) for charge in self.charges], currency)

    def shared(self, table, amount, weights):
        """Divides an amount of a part of the contract: to its invoice, or as `shared` says."""
        to = table.get("invoice", self.customer.get("shared", "by_spend"))
        if to == "by_spend":
            return divided(amount, weights)
        return [amount if invoice["id"] == to else ZERO for invoice in self.invoices]


def holds(table, period):
    return table.get("from", period) <= period <= table.get("until", period)


def is_a_rate(number):
    """Whether a number has so few digits that Sluice computes with it exactly."""
    digits = number * 10**RATE_DECIMALS
    if digits.denominator != 1:
        return False
    digits = digits.numerator
    while digits and digits % 10 == 0:
        digits //= 10
    return digits < RATE_END and number < RATE_END


def counted_charges(table, stage, kinds, charges):
    """The charges that `of` chooses and `except` does not, each with the price that counts. `stage` and `kinds` are
    what counts if the table does not say it."""
    of = {"kind": kinds, **table.get("of", {})}
    excepted = listed(table.get("except", []))
    for charge in charges:
        if meets(of, charge) and not any(meets(each, charge) for each in excepted):
            yield charge, price(charge, table.get("base", stage))


def price(charge, stage):
    """The price of a charge that counts towards a base."""
    if stage == "list" and charge["kind"] == "usage" and charge["list"] is not None:
        return charge["list"]
    if stage == "amortized" and charge["kind"] in ("usage", "commitment_fee"):
        if charge["amortized"] is None:
            raise NoBill(f"the amortized cost of {charge['service']} is not known")
        return charge["amortized"]
    return charge["charge"] if stage == "charge" else charge["before_rules"]


# Step 1: the charges of the reports. What has one section, payer, account, service and currency is one item.


def charge_items(bill):
    items = {}
    for charge in bill.charges:
        place = (charge["payer"], charge["account"], charge["service"])
        item = Item(charge["kind"], "", charge["currency"], bill.no_money(), *place)
        item = items.setdefault((charge["kind"], charge["currency"], *place), item)
        item.parts[charge["invoice"]] += charge["charge"]
    return list(items.values())


# Step 2: support plans.

NO_END = None
FOUR_TIERS = [(10_000, "0.09"), (80_000, "0.07"), (250_000, "0.05"), (NO_END, "0.03")]
LARGE_TIERS = [(150_000, "0.10"), (500_000, "0.07"), (1_000_000, "0.05"), (NO_END, "0.03")]
# The plans of AWS: the scope, and each table with its first and last billing period, its minimum, and its rates
# with the ends of their tiers.
AWS_PLANS = {
    "developer": ("account", [("", "2026-12", 29, [(NO_END, "0.03")])]),
    "business": ("account", [("", "2026-12", 100, [(10_000, "0.10"), *FOUR_TIERS[1:]])]),
    "enterprise_on_ramp": ("customer", [("", "2026-12", 5_500, [(NO_END, "0.10")])]),
    "business_support_plus": ("account", [("2025-12", "9999-12", 29, FOUR_TIERS)]),
    "enterprise": ("customer", [("", "2025-11", 15_000, LARGE_TIERS), ("2025-12", "9999-12", 5_000, LARGE_TIERS)]),
    "unified_operations": (
        "customer",
        [("2025-12", "9999-12", 50_000, [(1_000_000, "0.10"), (5_000_000, "0.06"), (NO_END, "0.05")])],
    ),
    "partner_led": ("customer", [("", "9999-12", 7_500, LARGE_TIERS)]),
}


@dataclass
class Tiers:
    """Rates with the ends of their tiers. The end of a tier belongs to the tier."""

    tiers: list
    is_whole: bool

    @classmethod
    def read(cls, table, key):
        value = table[key]
        tiers = [{"rate": value}] if isinstance(value, str) else value
        ends = [Fraction(tier["up_to"]) if "up_to" in tier else NO_END for tier in tiers]
        rates = [Fraction(tier["rate"]) for tier in tiers]
        return cls(list(zip(ends, rates)), table.get("tiers") == "whole")

    def apply(self, amount):
        """The first tier has no lower end, so a negative amount has its rate."""
        result, begins = ZERO, None
        for end, rate in self.tiers:
            is_last = end is NO_END or amount <= end
            if self.is_whole:
                if is_last:
                    return product(amount, rate)
                continue
            slice_ends = amount if is_last else end
            result += product(slice_ends if begins is None else slice_ends - begins, rate)
            if is_last:
                return result
            begins = end


def support_table(support, period):
    """The scope, the minimum and the rates of a plan."""
    if "rates" in support:
        minimum = Fraction(support.get("minimum", "0"))
        return support.get("scope", "customer"), minimum, Tiers.read(support, "rates")
    scope, tables = AWS_PLANS[support["plan"]]
    for begins, ends, minimum, tiers in tables:
        if begins <= period <= ends:
            tiers = [(end if end is NO_END else Fraction(end), Fraction(rate)) for end, rate in tiers]
            return support.get("scope", scope), Fraction(minimum), Tiers(tiers, False)
    raise NoBill(f"AWS does not sell {support['plan']} in {period}")


def enrolled_days(support, period):
    """On how many days of the billing period a plan holds, and how many days the billing period has."""

    def day(text, of_period):
        return of_period(text) if len(text) == len("2026-10") else date.fromisoformat(text)

    begins, ends = first_day(period), last_day(period)
    days = ends.day
    if "from" in support:
        begins = max(begins, day(support["from"], first_day))
    if "until" in support:
        ends = min(ends, day(support["until"], last_day))
    return max(0, (ends - begins).days + 1), days


def support_items(bill):
    items = []
    for support in bill.customer.get("support", []):
        if "part_of" in support:
            continue
        enrolled, days = enrolled_days(support, bill.period)
        if enrolled == 0:
            continue
        scope, minimum, rates = support_table(support, bill.period)
        currency = support.get("currency", "USD")
        # Who has no line in the billing period pays nothing. Whoever has one pays the minimum.
        groups = defaultdict(list)
        for charge in bill.charges:
            if "accounts" not in support or charge["account"] in listed(support["accounts"]):
                groups["" if scope == "customer" else charge[scope]].append(charge)
        for charges in groups.values():
            weights = bill.base(support, "before_rules", KINDS_OF_SUPPORT, charges, currency)
            eligible = part_of(sum(weights), enrolled, days)
            fee = max(rates.apply(eligible), part_of(minimum, enrolled, days))
            if max(weights) <= 0:
                weights = [sum(charge["invoice"] == at for charge in charges) for at in range(len(weights))]
            item = Item("support", support.get("id", support.get("plan", "support")), currency, [])
            if scope == "account" and "invoice" not in support:
                # `shared` is for money that belongs to no single account.
                item.parts = divided(fee, weights)
            else:
                item.parts = bill.shared(support, fee, weights)
            if scope == "account":
                item.account = charges[0]["account"]
            if scope != "customer":
                item.payer = only(charge["payer"] for charge in charges)
            items.append(item)
    return items


def only(texts):
    """The text, if there is only one."""
    texts = set(texts)
    return texts.pop() if len(texts) == 1 else ""


def plan_part_items(bill):
    """The customer's parts of plans that the reseller pays for itself and shares over its customers."""
    items = []
    for part in bill.customer.get("support", []):
        if "part_of" not in part:
            continue
        plan = next(plan for plan in bill.file["support"] if plan["id"] == part["part_of"])
        if not holds(plan, bill.period):
            continue
        _, minimum, rates = support_table(plan, bill.period)
        currency = plan.get("currency", "USD")
        spends = defaultdict(Fraction)
        for payer in bill.plans:
            if "payers" in plan and payer["payer"] not in listed(plan["payers"]):
                continue
            for customer, charges in payer["customers"].items():
                for charge, amount in counted_charges(plan, "before_rules", KINDS_OF_SUPPORT, charges):
                    spends[customer] += bill.converted(amount, charge["currency"], currency, None, payer["payer"])
        customers = sorted(spends)
        weights = [max(ZERO, spends[customer]) for customer in customers]
        if bill.customer["id"] not in customers or sum(weights) == 0:
            continue
        fee = max(rates.apply(sum(weights)), minimum)
        amount = divided(fee, weights)[customers.index(bill.customer["id"])]
        charges = [
            charge for charge in bill.charges if "payers" not in plan or charge["payer"] in listed(plan["payers"])
        ]
        weights = bill.base(plan, "before_rules", KINDS_OF_SUPPORT, charges, currency)
        items.append(Item("support", part.get("id", plan["id"]), currency, bill.shared(part, amount, weights)))
    return items


# Step 3: custom lines, the fees and discounts of the reseller.


def limited(amount, line):
    """A fee within its minimum and its maximum. For a discount they are limits without its sign. If more was given
    back than charged, the maximum limits what a fee gives back."""
    if line.get("section") == "discount":
        return -limited(-amount, {**line, "section": "fee"})
    if "minimum" in line:
        amount = max(amount, Fraction(line["minimum"]))
    if "maximum" in line:
        maximum = Fraction(line["maximum"])
        amount = max(-maximum, min(amount, maximum))
    return amount


def line_items(bill):
    items = []
    for line in bill.tables("line"):
        if line.get("only_with_usage") and not bill.has_usage():
            continue
        currency = line.get("currency", bill.currency)
        if "amount" in line:
            amount, weights = Fraction(line["amount"]), bill.charged_by_invoice()
        elif "percent" in line:
            weights = bill.base(line, "charge", KINDS_OF_A_LINE, bill.charges, currency)
            amount = limited(Tiers.read(line, "percent").apply(sum(weights)), line)
        else:
            if line["quantity"] == "accounts":
                # An account with charges on two invoices is one account, and weighs on both invoices.
                charged = [charge for charge in bill.charges if charge["charge"] != 0]
                quantity = len({charge["account"] for charge in charged})
                places = {(charge["account"], charge["invoice"]) for charge in charged}
                weights = [sum(at == of for _, of in places) for at in range(len(bill.invoices))]
            else:
                quantity, weights = Fraction(line["quantity"]), bill.charged_by_invoice()
            # Tiers begin with the first unit that is paid.
            paid = max(ZERO, quantity - Fraction(line.get("included", "0")))
            amount = limited(Tiers.read(line, "unit_price").apply(paid), line)
        parts = bill.shared(line, amount, weights)
        items.append(Item(line.get("section", "fee"), line["id"], currency, parts))
    return items


# Step 4: what is missing to minimums, and to commitments over several billing periods.


def counted(bill, table, sections, items):
    """What counts towards a minimum or a commitment: what each invoice has of each section."""
    currency = table.get("currency", bill.currency)
    is_before = table["measured"] == "before_discounts"
    counted = {}
    for section in sections if is_before else [*sections, "discount"]:
        charges = [charge for charge in bill.charges if charge["kind"] == section]
        amounts = [(charge, price(charge, "before_rules" if is_before else "charge")) for charge in charges]
        counted[section] = bill.by_invoice(amounts, currency)
        for item in items:
            if item.section == section:
                for at, part in enumerate(item.parts):
                    counted[section][at] += bill.converted(part, item.currency, currency, at, item.payer)
    return counted


def sum_by_invoice(bill, counted):
    return [sum(of[at] for of in counted.values()) for at in range(len(bill.invoices))]


def minimum_items(bill, items):
    """True-ups. `items` are the support plans and custom lines. A true-up does not count towards another one."""
    result = []
    for minimum in bill.tables("minimum"):
        if minimum.get("only_with_usage") and not bill.has_usage():
            continue
        weights = sum_by_invoice(bill, counted(bill, minimum, listed(minimum.get("counts", CHARGED)), items))
        missing = Fraction(minimum["amount"]) - sum(weights)
        if missing > 0:
            parts = bill.shared(minimum, missing, weights)
            result.append(Item("minimum", minimum["id"], minimum.get("currency", bill.currency), parts))
    return result


def commitment_items(bill, items):
    """Shortfalls, and what has counted towards each commitment up to now. Caps are not applied to the latter."""
    result = []
    counts = {id: dict(of_sections) for id, of_sections in bill.opening["commitments"].items()}
    for commitment in bill.tables("commitment"):
        caps = {}
        for element in listed(commitment.get("counts", CHARGED)):
            if isinstance(element, str):
                caps[element] = None
            else:
                caps[element["section"]] = Fraction(element["at_most"])
        now = counted(bill, commitment, list(caps), items)
        so_far = counts.setdefault(commitment["id"], {})
        for section, of_invoices in now.items():
            so_far[section] = so_far.get(section, ZERO) + sum(of_invoices)
        # Only sections that the contract names now.
        total = sum(min(so_far[section], caps.get(section) or so_far[section]) for section in now)
        missing = Fraction(commitment["amount"]) - total
        if bill.period == commitment["until"] and missing > 0:
            # Nobody knows any more on which invoices earlier periods stood.
            parts = bill.shared(commitment, missing, sum_by_invoice(bill, now))
            currency = commitment.get("currency", bill.currency)
            result.append(Item("commitment", commitment["id"], currency, parts))
    return result, counts


# Step 5: credits. They pay charges of the reports.


@dataclass
class Payable:
    """A charge, and what is left of it, both in the currency of the last credit that could pay it."""

    charge: dict
    whole: Fraction
    left: Fraction
    currency: str

    def convert(self, bill, currency):
        """What is left is converted as the part of the charge that it is."""
        if currency != self.currency:
            whole = bill.converted_charge(self.charge, self.charge["charge"], currency)
            self.left = whole if self.left == self.whole else part_of(whole, self.left, self.whole)
            self.whole, self.currency = whole, currency


def order_of_credits(credit):
    """AWS's order: the credit that ends first, then the one for the fewest services, then the oldest."""
    services = listed(credit.get("of", {}).get("service", "*"))
    count = float("inf") if any("*" in service for service in services) else len(services)
    return credit.get("until", "9999-12"), count, credit.get("from", "")


def highest_first(payables, *keys):
    """Groups charges by properties. The group of which most is left comes first."""
    groups = {}
    for payable in payables:
        groups.setdefault(tuple(payable.charge[key] for key in keys), []).append(payable)
    return [groups[key] for key in sorted(groups, key=lambda key: (-left_of(groups[key]), key))]


def left_of(payables):
    return sum(payable.left for payable in payables)


def credit_items(bill):
    """What credits pay, and how much each credit has paid up to now."""
    payables = [Payable(charge, charge["charge"], charge["charge"], charge["currency"]) for charge in bill.charges]
    items, used = [], dict(bill.opening["credits"])
    for credit in sorted(bill.tables("credit"), key=order_of_credits):
        currency = credit.get("currency", bill.currency)
        balance = Fraction(credit["amount"]) - used.get(credit["id"], ZERO)
        of = {"kind": KINDS_OF_A_CREDIT, **credit.get("of", {})}
        for_it = []
        for payable in payables:
            invoice = bill.invoices[payable.charge["invoice"]]["id"]
            if meets(of, payable.charge) and credit.get("invoice", invoice) == invoice:
                payable.convert(bill, currency)
                for_it.append(payable)
        services = [
            of_service
            for of_account in highest_first(for_it, "account")
            for of_service in highest_first(of_account, "service")
        ]
        for of_service in services:
            # What was given back for a service is not paid a second time.
            due = min(balance, left_of(of_service))
            if due <= 0:
                continue
            balance -= due
            used[credit["id"]] = used.get(credit["id"], ZERO) + due
            items.append(paid_item(bill, credit["id"], currency, of_service, due))
    return items, used


def paid_item(bill, id, currency, of_service, due):
    """Pays an amount of one service of one account, SKU after SKU."""
    parts, payers = bill.no_money(), set()
    for of_sku in highest_first(of_service, "region", "usage_type", "operation"):
        of_sku_due = max(ZERO, min(due, left_of(of_sku)))
        due -= of_sku_due
        for payable in sorted(of_sku, key=lambda payable: -payable.left):
            paid = max(ZERO, min(of_sku_due, payable.left))
            if paid > 0:
                of_sku_due -= paid
                payable.left -= paid
                parts[payable.charge["invoice"]] -= paid
                payers.add(payable.charge["payer"])
    account, service = of_service[0].charge["account"], of_service[0].charge["service"]
    return Item("credit", id, currency, parts, only(payers), account, service)


# Step 6: the lines of an invoice, in the currency of the invoice.


def tax_of(invoice, item):
    """The name of the first tax that an item has, or nothing. A tax of AWS is not taxed again."""
    if item.section == "tax":
        return ""
    for tax in listed(invoice.get("tax", [])):
        is_of_section = "sections" not in tax or item.section in listed(tax["sections"])
        is_of_service = any(fits(each, item.service) for each in listed(tax.get("service", "*")))
        is_of_line = "line" not in tax or item.id in listed(tax["line"])
        if is_of_section and is_of_service and is_of_line:
            return tax["name"]
    return ""


def line(section, id, period, currency, amount, **more):
    """A line of an invoice. `source` is the amount before it was converted by `rate`."""
    place = {"payer": "", "account": "", "service": "", "tax": ""}
    line = {"section": section, "id": id, "period": period, "currency": currency, "amount": amount}
    return {**line, **place, "source": amount, "rate": Fraction(1), **more}


def item_lines(bill, at, items):
    lines, invoice = [], bill.invoices[at]
    for item in items:
        source = item.parts[at]
        if source == 0:
            continue
        rate = bill.rate(item.currency, invoice["currency"], at, item.payer)
        place = {"payer": item.payer, "account": item.account, "service": item.service}
        more = {**place, "tax": tax_of(invoice, item), "source": source, "rate": rate}
        lines.append(line(item.section, item.id, bill.period, item.currency, product(source, rate), **more))
    return lines


def earlier_lines(bill, at):
    """Small bills that were carried over, and corrections of issued billing periods."""
    lines = []
    for carried in bill.opening["carried"]:
        if home(bill, carried) == at:
            period, currency, amount = carried["billing_period"], carried["currency"], carried["amount"]
            lines.append(line("carried", "", period, currency, amount, tax=carried["tax"]))
    for correction in bill.opening["corrections"]:
        if home(bill, correction) == at:
            period, currency, amount = correction["period"], correction["currency"], correction["amount"]
            lines.append(line("correction", "", period, currency, amount, tax=correction["tax"]))
    taxes = ["", *(tax["name"] for tax in listed(bill.invoices[at].get("tax", [])))]
    for each in lines:
        if each["tax"] not in taxes:
            raise NoBill(f"the invoice does not have the tax `{each['tax']}` of {each['period']} any more")
    return lines


def home(bill, earlier):
    """The invoice that takes money of an earlier invoice: the same one, or the last one in its currency."""
    in_currency = [at for at, of in enumerate(bill.invoices) if of["currency"] == earlier["currency"]]
    if not in_currency:
        raise NoBill(f"no invoice is in {earlier['currency']} any more")
    same = [at for at in in_currency if bill.invoices[at]["id"] == earlier["invoice_id"]]
    return (same or in_currency)[-1]


# Step 7: rounding. Each group of lines is summed exactly, and then rounded once.


def rounding_group(per, line):
    if per == "line":
        return tuple(line[key] for key in ("section", "id", "payer", "account", "service", "currency"))
    if per == "service":
        # What belongs to no service is a group for each part of the contract.
        return line["service"] or (line["section"], line["id"])
    return line["account"] if per == "account" else ""


def rounding_lines(bill, at, lines):
    invoice = bill.invoices[at]
    terms = invoice.get("rounding", {})
    unit = Fraction(terms["unit"]) if "unit" in terms else coin(invoice["currency"])
    taxes = [tax["name"] for tax in listed(invoice.get("tax", []))]
    groups = defaultdict(lambda: defaultdict(Fraction))
    for each in lines:
        groups[rounding_group(terms.get("per", "service"), each)][each["tax"]] += each["amount"]
    result = []
    for of_taxes in groups.values():
        # Tax by tax, each together with the taxes before it. What has no tax comes last.
        exact = before = ZERO
        for tax in [*taxes, ""]:
            exact += of_taxes[tax]
            now = rounded(exact, unit, terms.get("mode", "half_up"))
            difference = now - before - of_taxes[tax]
            before = now
            if difference != 0:
                result.append(line("rounding", "", bill.period, "", difference, tax=tax, source=ZERO))
    return result


# Step 8: small bills that are carried over. Step 9: taxes. Step 10: what the customer keeps back.


def is_carried_over(bill, lines, subtotal):
    """Whether an invoice waits for the next bill. Nothing waits if nothing is left."""
    if "carry" not in bill.customer or subtotal == 0:
        return False
    terms = bill.customer["carry"]
    oldest = min([bill.period, *(line["period"] for line in lines if line["section"] == "carried")])
    return subtotal < Fraction(terms["below"]) and periods_between(oldest, bill.period) < terms["periods"]


def carried_over(bill, invoice, lines):
    """What an invoice leaves to the next bill: a sum for each billing period and each tax."""
    sums = defaultdict(Fraction)
    for each in lines:
        period = each["period"] if each["section"] == "carried" else bill.period
        sums[period, each["tax"]] += each["amount"]
    of_invoice = {"invoice_id": invoice["id"], "currency": invoice["currency"]}
    return [
        {"billing_period": period, **of_invoice, "tax": tax, "amount": amount}
        for (period, tax), amount in sums.items()
        if amount != 0
    ]


def tax_lines(invoice, lines):
    """Each tax once. A tax that no line has is not shown, unless it is the only tax."""
    taxes, result = listed(invoice.get("tax", [])), []
    for tax in taxes:
        taxed = [line["amount"] for line in lines if line["tax"] == tax["name"]]
        if taxed or len(taxes) == 1:
            taxable = sum(taxed, ZERO)
            amount = rounded(taxable * Fraction(tax["rate"]), coin(invoice["currency"]), tax.get("mode", "down"))
            result.append({"name": tax["name"], "taxable": taxable, "amount": amount})
    return result


def kept_back(invoice, subtotal, total):
    terms = invoice.get("withholding")
    if terms is None:
        return ZERO
    of = total if terms.get("of") == "total" else subtotal
    return rounded(of * Fraction(terms["rate"]), coin(invoice["currency"]), terms.get("mode", "down"))


def make_invoice(bill, at, items):
    """An invoice down to what is due before prepaid balances."""
    terms = bill.invoices[at]
    lines = item_lines(bill, at, items) + earlier_lines(bill, at)
    lines += rounding_lines(bill, at, lines)
    subtotal = sum((line["amount"] for line in lines), ZERO)
    invoice = {"id": terms["id"], "currency": terms["currency"], "lines": lines, "subtotal": subtotal}
    if is_carried_over(bill, lines, subtotal):
        nothing = {"taxes": [], "withheld": ZERO, "amount_due": ZERO}
        return {**invoice, **nothing, "total": subtotal, "prepaid": [], "carried_over": subtotal}
    taxes = tax_lines(terms, lines)
    total = subtotal + sum(tax["amount"] for tax in taxes)
    withheld = kept_back(terms, subtotal, total)
    due = {"taxes": taxes, "total": total, "withheld": withheld, "amount_due": total - withheld}
    return {**invoice, **due, "prepaid": [], "carried_over": ZERO}


# Step 11: prepaid balances.


def pay(bill, invoices):
    """Pays what is due, and returns how much of each balance is used up to now. The balance that was paid first is
    used first, and pays the invoices in their order. Nothing is given back to a balance."""
    used = dict(bill.opening["prepaid"])
    for prepaid in sorted(bill.tables("prepaid"), key=lambda prepaid: prepaid["paid"]):
        for invoice in invoices:
            is_in_currency = prepaid.get("currency", bill.currency) == invoice["currency"]
            left = Fraction(prepaid["amount"]) - used.get(prepaid["id"], ZERO)
            amount = min(left, invoice["amount_due"])
            if is_in_currency and prepaid.get("invoice", invoice["id"]) == invoice["id"] and amount > 0:
                invoice["prepaid"].append({"id": prepaid["id"], "amount": amount, "after": left - amount})
                invoice["amount_due"] -= amount
                used[prepaid["id"]] = used.get(prepaid["id"], ZERO) + amount
    return used


# The waterfall: from AWS's cost to the amount due, as `docs/laws.md` describes its terms.

TERMS = [
    "upfront_timing",
    "unknown_cost",
    "standard_price",
    "reservations",
    "savings_plans",
    "commitment_fees",
    "negotiated_discounts",
    "adjustments",
    "contract",
    "support",
    "fees",
    "spend_discounts",
    "minimum",
    "credits",
    "fx",
    "corrections",
    "carried",
    "rounding",
    "tax",
    "withheld",
    "prepaid",
]
TERMS_OF_THE_MARGIN = [term for term in TERMS[TERMS.index("standard_price") : TERMS.index("tax")] if term != "carried"]
TERM_OF_KIND = {"commitment_fee": "commitment_fees", "discount": "negotiated_discounts"}
TERM_OF_SECTION = {
    "support": "support",
    "discount": "spend_discounts",
    "minimum": "minimum",
    "commitment": "minimum",
    "credit": "credits",
}


def terms_of_charge(charge):
    """The terms between AWS's unblended cost and the charge, in the currency of the report."""
    terms = {"contract": charge["charge"] - charge["before_rules"]}
    if charge["amortized"] is None:
        return {**terms, "unknown_cost": charge["before_rules"] - charge["unblended"]}
    terms["upfront_timing"] = charge["amortized"] - charge["unblended"]
    difference = charge["before_rules"] - charge["amortized"]
    if charge["kind"] != "usage":
        return {**terms, TERM_OF_KIND.get(charge["kind"], "adjustments"): difference}
    benefit = charge["benefit"] or ZERO
    benefit_term = "savings_plans" if charge["purchase"] == "savings_plan" else "reservations"
    return {**terms, "standard_price": difference + benefit, benefit_term: -benefit}


def waterfall(bill, at, items, invoice):
    """The terms of one invoice. `items` are the items of the contract."""
    sources = {}
    for charge in bill.charges:
        if charge["invoice"] == at:
            source = sources.setdefault((charge["payer"], charge["currency"]), defaultdict(Fraction))
            source["aws_cost"] += charge["unblended"]
            for term, amount in terms_of_charge(charge).items():
                source[term] += amount
    for item in items:
        if item.parts[at] != 0:
            source = sources.setdefault((item.payer, item.currency), defaultdict(Fraction))
            source[TERM_OF_SECTION.get(item.section, "fees")] += item.parts[at]
    terms, aws_cost, converted = defaultdict(Fraction), ZERO, ZERO
    for (payer, currency), source in sources.items():
        rate = bill.rate(currency, invoice["currency"], at, payer, with_premium=False)
        # The sum up to each term is converted, and a term is the difference of two such sums.
        so_far = source["aws_cost"]
        before = product(so_far, rate)
        aws_cost += before
        for term in TERMS:
            if term not in source:
                continue
            so_far += source[term]
            now = product(so_far, rate)
            terms[term] += now - before
            before = now
        converted += before

    def of_lines(section):
        return sum(line["amount"] for line in invoice["lines"] if line["section"] == section)

    corrections, carried, rounding = of_lines("correction"), of_lines("carried"), of_lines("rounding")
    terms["fx"] += invoice["subtotal"] - corrections - carried - rounding - converted
    terms["corrections"] += corrections
    terms["carried"] += carried - invoice["carried_over"]
    terms["rounding"] += rounding
    terms["tax"] += sum(tax["amount"] for tax in invoice["taxes"])
    terms["withheld"] -= invoice["withheld"]
    terms["prepaid"] -= sum(payment["amount"] for payment in invoice["prepaid"])
    is_known = all(charge["amortized"] is not None for charge in bill.charges if charge["invoice"] == at)
    return {
        "id": invoice["id"],
        "aws_cost": aws_cost,
        "terms": terms,
        "margin": sum(terms[term] for term in TERMS_OF_THE_MARGIN) if is_known else None,
        "amount_due": aws_cost + sum(terms.values()),
    }


# All steps.


def statement(case):
    bill = Bill(case)
    of_contract = support_items(bill) + plan_part_items(bill) + line_items(bill)
    minimums = minimum_items(bill, of_contract)
    commitments, commitments_counted = commitment_items(bill, of_contract)
    credits, credits_used = credit_items(bill)
    of_contract += minimums + commitments + credits
    items = charge_items(bill) + of_contract

    invoices = [make_invoice(bill, at, items) for at in range(len(bill.invoices))]
    prepaid_used = pay(bill, invoices)
    waterfalls, carried = [], []
    for at, invoice in enumerate(invoices):
        if invoice["lines"]:
            waterfalls.append(waterfall(bill, at, of_contract, invoice))
        if invoice["carried_over"] != 0:
            carried += carried_over(bill, invoice, invoice["lines"])
    return {
        # An invoice on which nothing stands is none.
        "invoices": [invoice for invoice in invoices if invoice["lines"]],
        "waterfalls": waterfalls,
        "closing": {
            "credits": credits_used,
            "prepaid": prepaid_used,
            "commitments": commitments_counted,
            "carried": carried,
        },
    }


# Input and output.


def read_opening(opening):
    def amounts(sums):
        return {id: Fraction(amount) for id, amount in sums.items()}

    def with_amounts(lines):
        return [{**line, "amount": Fraction(line["amount"])} for line in lines]

    return {
        "credits": amounts(opening.get("credits", {})),
        "prepaid": amounts(opening.get("prepaid", {})),
        "commitments": {id: amounts(sums) for id, sums in opening.get("commitments", {}).items()},
        "carried": with_amounts(opening.get("carried", [])),
        "corrections": with_amounts(opening["corrections"]),
    }


def written(value, key=""):
    """The same value with its numbers as texts."""
    if isinstance(value, dict):
        return {key: written(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [written(each) for each in value]
    if isinstance(value, (int, Fraction)):
        return text(Fraction(value), RATE_DECIMALS if key == "rate" else 18)
    return value


def made(case):
    try:
        return written(statement({**case, "opening": read_opening(case["opening"])}))
    except NoBill as reason:
        return {"error": str(reason)}


if __name__ == "__main__":
    json.dump([made(case) for case in json.load(sys.stdin)["cases"]], sys.stdout)
