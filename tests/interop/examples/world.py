"""What a user of the examples has: accounts with tokens, a case, deposits, objects in the node's lists. Needs Python's standard library."""

import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "web"))
from node import Node  # noqa: E402
from suit import COURT, SECOND, Suit, paper  # noqa: E402

# Ids that the description uses in its examples.
NUMBER = "20261122-0K7M-X9QT-3D5W-C3"
PROVIDER = "cb7a1c6f9e3d4e1f8a2b5c6d7e8f90123456789abcdef0123456789abcdef012"
CODE = "7K2M-X9QT-3D5W"
LEDGER = "example.org/ledger+03bafec3+AZscmI0rYOVBwLBHciELh6qD+MVsx4kqueqFUCizfw+R"
KEY = "k-3642af3751ffa5b0+ba109958+AVFAtkTFhHPVHDuiHwJc13AdQ9ZxTeT5EYsIahid0FJe"


class World:
    """A node with a suit. Each method makes a new object and returns its id."""

    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder, self.made = program, folder, 0
        self.original = paper("Contract of sale")
        (folder / "evidence.pdf").write_bytes(self.original)
        self.node = Node(program, folder)
        self.suit = suit = Suit(self.node)
        for step in [suit.open, suit.file, suit.argue]:
            step()
        people = {name: getattr(suit, name) for name in ["plaintiff", "defendant", "clerk", "second"]}
        self.tokens = {name: person.token for name, person in people.items()} | {"operator": self.node.token, "nobody": None}

    def page(self) -> str:
        return urllib.request.urlopen(f"{self.node.url}/docs?lang=en").read().decode()

    def environment(self, who: str) -> dict:
        # The charset of the examples must not depend on that of the system.
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C", "NO_PROXY": "*", "no_proxy": "*"}
        return kept if self.tokens[who] is None else kept | {"TIEZHENG_TOKEN": self.tokens[who]}

    def requests(self) -> None:
        """The files of deposit requests, made as the description says: a new one each time, with a new key."""
        command = [self.program, "statement", "evidence.pdf", "--request", "--server", self.node.url]
        made = subprocess.run(command, cwd=self.folder, env=self.environment("nobody"), capture_output=True, check=True).stdout
        for name in ["deposit.json", "deposits.ndjson"]:
            (self.folder / name).write_bytes(made)

    def number(self) -> str:
        self.made += 1
        return self.suit.deposit(self.suit.plaintiff, f"证据 {self.made}", self.original, "application/pdf")

    def kept(self) -> str:
        number = self.number()
        self.suit.keep(self.suit.plaintiff, number, self.original)
        return number

    def draft(self) -> str:
        """A case that is not submitted yet."""
        return self.other([])

    def other(self, steps: list) -> str:
        """Another case, to which these steps of the suit happened."""
        before, self.suit.serial = self.suit.case, self.suit.serial + 10
        for step in [self.suit.open, *steps]:
            self.left = step()
        other, self.suit.case = self.suit.case, before
        return other

    def admitted(self) -> str:
        """A case that was filed and assigned."""
        return self.other([self.suit.admit])

    def invited(self) -> str:
        """A code for the defendant of another case."""
        self.other([self.suit.admit, self.suit.code])
        return self.left

    def appealed(self) -> str:
        """A case whose dossier is to be sent; `left` is its judgment."""
        suit = self.suit
        return self.other([suit.file, lambda: suit.act(suit.judge, "begin-hearing"), suit.judge_and_appeal])

    def sent(self) -> str:
        """A case whose dossier was sent."""
        suit = self.suit
        return self.other([suit.file, lambda: suit.act(suit.judge, "begin-hearing"), suit.appeal])

    def account(self) -> str:
        return self.node.post("/v1/accounts", {"subject": "natural-person", "name": "王五"})["account"]

    def clerk(self) -> str:
        account = self.account()
        self.node.grant(account, "clerk", COURT)
        return account

    def token(self) -> str:
        return self.node.post(f"/v1/accounts/{self.suit.plaintiff.id}/tokens", {"scopes": ["read"], "days": 1})["id"]

    def court(self) -> str:
        self.made += 1
        return f"粤{1000 + self.made}"

    def paired(self) -> str:
        """A court with the court of appeal of the examples."""
        court = self.court()
        self.node.post(f"/v1/courts/{court}/appeal-courts", {"hears": SECOND, "from": "2025-10-01", "source": "法释〔2025〕14号"})
        return court

    def listing(self) -> str:
        """A court that accepts the ledger of the examples."""
        court = self.court()
        self.node.post(f"/v1/courts/{court}/ledgers", {"key": LEDGER})
        return court

    def webhook(self) -> str:
        return self.node.post(f"/v1/courts/{COURT}/webhooks", {"url": "https://court.example/"})["id"]

    def gateway(self) -> str:
        return self.node.post(f"/v1/courts/{self.court()}/gateways", {"url": "https://court.example/"})["id"]

    def provider(self) -> str:
        body = {"name": "核验机构", "method": "face", "level": "high", "url": "https://identity.example/start"}
        return self.node.post("/v1/identity-providers", body)["id"]

    def erasure(self) -> str:
        return self.node.post("/v1/erasures", {"deposit_number": self.number()})["id"]

    def enrolled(self) -> str:
        """The key that the example enrols; it may be enrolled already."""
        self.suit.send(self.suit.plaintiff, "/v1/accounts/me/keys", {"key": KEY})
        return KEY.split("+")[0]


def suit(world: World) -> str:
    return world.suit.case


def plaintiff(world: World) -> str:
    return world.suit.plaintiff.id


# Who asks, by the beginning of method and path: the first that fits. Everybody else is the operator.
ASKS = [
    (r"\w+ /v1/accounts/(me|\{account\}/identity-verifications)", "plaintiff"),
    (r"POST /v1/cases/\{case\}/service", "defendant"),
    (r"\w+ /v1/cases/\{case\}/hand-overs/", "second"),
    (r"\w+ /v1/cases/\{case\}/(access-log|service|codes|hand-overs|transfer)", "clerk"),
    (r"\w+ /v1/(cases|deposits|entrusted-deposits|erasures|me)", "plaintiff"),
    (r"\w+ /v1/associations", "defendant"),
    (r"GET /v1/(feed|hand-overs)", "clerk"),
]
# A user's own objects, by the beginning of method and path: the first that fits. They replace what the example has for a parameter of the
# path or, after a question mark, of the query, or an id of the description that it sends.
OWN = [
    (r"DELETE /v1/accounts/me/keys", {"name": World.enrolled}),
    (r"POST /v1/accounts/\{account\}/identity-verifications", {"account": plaintiff, PROVIDER: World.provider}),
    (r"POST /v1/accounts/\{account\}/roles/revocation", {"account": World.clerk}),
    (r"\w+ /v1/accounts/\{account\}", {"account": World.account}),
    (r"POST /v1/associations", {CODE: World.invited}),
    (r"POST /v1/cases/\{case\}/(acts|imports)", {"case": World.draft, NUMBER: World.number}),
    (r"\w+ /v1/cases/\{case\}/hand-overs/", {"case": World.sent}),
    (r"POST /v1/cases/\{case\}/transfer", {"case": World.admitted}),
    (r"POST /v1/cases/\{case\}/hand-overs", {"case": World.appealed, NUMBER: lambda world: world.left}),
    (r"\w+ /v1/cases/\{case\}", {"case": suit}),
    (r"POST /v1/courts/\{court\}/appeal-courts/removal", {"court": World.paired}),
    (r"POST /v1/courts/\{court\}/ledgers/removal", {"court": World.listing}),
    (r"POST /v1/courts/\{court\}/(gateways|appeal-courts|ledgers)", {"court": World.court}),
    (r"GET /v1/deposits/\{number\}/original", {"number": World.kept}),
    (r"\w+ /v1/deposits/\{number\}/(access-log|original|private)", {"number": World.number}),
    (r"POST /v1/documents/verification", {"?number": World.number}),
    (r"POST /v1/erasures", {NUMBER: World.number}),
    (r"GET /v1/erasures", {"id": World.erasure}),
    (r"\w+ /v1/gateway", {"id": World.gateway}),
    (r"POST /v1/identity-providers/", {"id": World.provider}),
    (r"POST /v1/tokens/", {"id": World.token}),
    (r"POST /v1/webhooks/", {"id": World.webhook}),
]
# Refusals of the node that are right, by method and path.
REFUSED = {
    # No administrator has offered a role to the account.
    "POST /v1/accounts/{account}/roles/acceptance": "no_such_grant",
    # No provider has sent a result to confirm.
    "POST /v1/accounts/{account}/identity-verifications/{id}/confirmation": "no_such_verification",
    # No provider of logins is configured.
    "POST /v1/accounts/{account}/login-links": "no_login_provider",
    "POST /v1/accounts/{account}/login-links/removal": "no_such_login_link",
    # No authority stamps checkpoints.
    "GET /v1/deposits/{number}/earlier-timestamp": "not_found",
    # The signature of an example cannot be that of a gateway or of a provider.
    "POST /v1/gateway/{id}/reports": "bad_gateway_signature",
    "POST /v1/identity-providers/{id}/results": "bad_provider_signature",
    # The clock of the node is right.
    "POST /v1/operator/clock": "clock_not_paused",
}


def first(table: list, name: str, otherwise):
    return next((found for pattern, found in table if re.match(pattern, name)), otherwise)


def own(world: World, operation: dict, code: str) -> str:
    """The example with a user's own ids."""
    objects = first(OWN, operation["name"], {})
    pattern = re.sub(r"\\\{\w+\\\}", lambda _: r"""([^?\s'"]+?)""", re.escape(operation["path"])) + r"""(?=[?'"])"""
    found = re.search(pattern, code)
    if found is None:
        raise AssertionError(f"{operation['name']}: no such address in {code}")
    address = operation["path"]
    for name, given in zip(re.findall(r"\{(\w+)\}", operation["path"]), found.groups()):
        address = address.replace("{" + name + "}", urllib.parse.quote(objects[name](world)) if name in objects else given)
    rest = code[found.end() :]
    for name in [name[1:] for name in objects if name.startswith("?")]:
        rest = re.sub(rf"(?<=[?&]{name}=)[^&'\"]+", lambda _: urllib.parse.quote(objects[f"?{name}"](world)), rest)
    for example in [NUMBER, PROVIDER, CODE]:
        if example in rest and example in objects:
            rest = rest.replace(example, objects[example](world))
    return code[: found.start()] + address + rest
