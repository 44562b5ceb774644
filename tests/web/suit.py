"""A suit with its people, made through the API: what the pages of a case show when they are full.

Used by the sweep of all pages and by the pictures of the documents."""

import dataclasses
import hashlib
import json
import pathlib
import struct
import urllib.error
import urllib.parse
import urllib.request
import zlib

from node import Node

COURT, SECOND = "粤0192", "粤01"
PLAIN, OF_THE_COURT = ["deposit", "read", "case"], ["read", "case", "court", "feed", "manage", "deposit"]


def digest(algorithm: str, content: bytes) -> str:
    return hashlib.new(algorithm, content).hexdigest()


def picture(width: int = 320, height: int = 200) -> bytes:
    """A PNG of a gradient."""
    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in (60 + x // 3, 120 + y // 3, 160)) for y in range(height))
    part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def paper(text: str) -> bytes:
    """A PDF of one page."""
    drawn = f"BT /F1 24 Tf 60 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + b"xref\n0 6\n0000000000 65535 f \n" + table + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)


@dataclasses.dataclass
class Account:
    """Somebody with a token, who can set a password with it."""

    id: str
    token: str
    login: str


class Suit:
    """A suit between two people that a judge has, with evidence, service, a transcript and an agreement."""

    def __init__(self, node: Node, lang: str = "zh") -> None:
        self.node, self.lang, self.count = node, lang, 0
        # Of the case number, which no two cases have.
        self.serial = 113 if lang == "zh" else 114
        self.plaintiff = self.person(self.t("张三", "Zhang San"), "zhang.san.2", PLAIN)
        self.defendant = self.person(self.t("李四", "Li Si"), "li.si", PLAIN)
        self.clerk = self.person(self.t("陈书记员", "Chen"), "clerk", OF_THE_COURT, ("clerk", COURT))
        self.judge = self.person(self.t("周法官", "Zhou"), "judge", OF_THE_COURT, ("judge", COURT))
        self.second = self.person(self.t("中院书记员", "Wu"), "clerk.2", OF_THE_COURT, ("clerk", SECOND))
        try:
            pair = {"hears": SECOND, "from": "2025-11-01", "source": "法释〔2025〕14号"}
            self.node.post(f"/v1/courts/{COURT}/appeal-courts", pair)
        except urllib.error.HTTPError:
            pass  # Another suit has set it.

    def t(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def person(self, name: str, login: str, scopes: list[str], role: tuple[str, str] | None = None) -> Account:
        account = self.node.post("/v1/accounts", {"subject": "natural-person", "name": name})["account"]
        self.node.post(f"/v1/accounts/{account}/identity-checks", {"method": "face", "level": "high"})
        if role:
            self.node.grant(account, *role)
        token = self.node.post(f"/v1/accounts/{account}/tokens", {"scopes": scopes, "days": 30})["token"]
        return Account(account, token, login)

    def send(self, who: Account, path: str, body: dict) -> dict:
        self.count += 1
        headers = {"Authorization": f"Bearer {who.token}", "Content-Type": "application/json", "Idempotency-Key": f"suit-{self.lang}-{self.count}"}
        request = urllib.request.Request(self.node.url + urllib.parse.quote(path, safe="/?=&"), json.dumps(body).encode(), headers)
        try:
            return json.load(urllib.request.urlopen(request))
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path} {body}: {error.read().decode()}") from error

    def read(self, who: Account, path: str) -> dict:
        request = urllib.request.Request(self.node.url + path, headers={"Authorization": f"Bearer {who.token}"})
        return json.load(urllib.request.urlopen(request))

    def deposit(self, who: Account, name: str, content: bytes, media_type: str = "text/plain") -> str:
        body = {"sha_256": digest("sha256", content), "sm3": digest("sm3", content), "size": len(content), "name": name, "media_type": media_type}
        return self.send(who, "/v1/entrusted-deposits", body)["deposit_number"]

    def keep(self, who: Account, number: str, content: bytes) -> None:
        """Gives an original into custody."""
        headers = {"Authorization": f"Bearer {who.token}", "Content-Type": "application/octet-stream", "Idempotency-Key": f"keep-{number}"}
        urllib.request.urlopen(urllib.request.Request(f"{self.node.url}/v1/deposits/{number}/original", content, headers, method="PUT"))

    def act(self, who: Account, act: str, **fields) -> dict:
        return self.send(who, f"/v1/cases/{self.case}/acts", {"act": act} | fields)

    def serve(self, who: Account, act: str, **fields) -> dict:
        return self.send(who, f"/v1/cases/{self.case}/service", {"act": act} | fields)

    def open(self) -> None:
        """The suit is brought, with three items of evidence; two originals are in custody."""
        opening = {
            "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff", "subject": "natural-person",
            "filer": "principal", "name": self.t("张三", "Zhang San"), "title": self.t("网络购物合同纠纷", "Dispute over an online purchase"),
            "claims": self.t("请求判令被告退还价款一百元。\n被告未交付货物。", "Refund of the price of 100 yuan.\nThe goods were never delivered."),
        }  # fmt: skip
        self.case = self.send(self.plaintiff, "/v1/cases", opening)["case"]
        self.act(self.plaintiff, "confirm-notice")
        self.act(self.plaintiff, "add-party", role="defendant", subject="natural-person", name=self.t("李四", "Li Si"))
        for name, content, shows, kind in [
            (self.t("聊天记录", "Chat"), "聊天记录：价款一百元。\n".encode(), self.t("证明约定的价款", "The price that was agreed"), "text/plain"),
            (self.t("商品照片", "Photo of the goods"), picture(), self.t("证明商品的外观", "What the goods look like"), "image/png"),
            (self.t("购买合同", "Contract of sale"), paper("Contract of sale"), self.t("证明买卖关系成立", "The contract was made"), "application/pdf"),
        ]:
            number = self.deposit(self.plaintiff, name, content, kind)
            self.send(self.plaintiff, f"/v1/cases/{self.case}/imports", {"deposit_number": number, "name": name, "content": shows})
            if kind != "text/plain":
                self.keep(self.plaintiff, number, content)

    def admit(self) -> None:
        """Filed and assigned."""
        self.act(self.plaintiff, "submit")
        self.act(self.clerk, "approve")
        self.act(self.clerk, "file-case", number=f"（2026）{COURT}民初{self.serial}号")
        self.act(self.clerk, "assign", judge=self.judge.id)

    def code(self) -> str:
        """A code with which the defendant takes part."""
        codes = {"party": 2, "party_uses": 1, "agent_uses": 1, "days": 30}
        return self.send(self.clerk, f"/v1/cases/{self.case}/codes", codes)["code"]

    def file(self) -> None:
        """Filed, assigned, and the defendant takes part."""
        self.admit()
        self.send(self.defendant, "/v1/associations", {"code": self.code(), "filer": "principal"})

    def argue(self) -> None:
        """Service, replies, a hearing with a transcript, an agreement."""
        self.serve(self.defendant, "consent-service", scope="documents", answer="agreed", form="explicit", ticked="ticked", shown="ab" * 32)
        self.serve(self.defendant, "service-address", kind="mobile", value="13812345678", source="given")
        notice = self.deposit(self.clerk, self.t("举证通知书", "Notice to adduce evidence"), b"notice")
        self.serve(self.clerk, "serve", party=2, mode="electronic", kind="evidence-notice", document=notice, days=15)
        self.serve(self.clerk, "send-service", service=1, channel="platform")
        self.act(
            self.defendant, "reply", item=1, authenticity="admitted", legality="admitted", relevance="disputed",
            probative_value=self.t("不能证明价款已经支付", "It does not show that the price was paid"), grounds=["before-the-chain"],
            reason=self.t("上链前的形成过程不明", "How it came about before the chain is unclear"),
        )  # fmt: skip
        self.act(self.judge, "begin-hearing")
        self.act(self.clerk, "open-transcript", kind="hearing")
        text = self.deposit(self.clerk, self.t("庭审笔录", "Transcript of the hearing"), b"transcript")
        self.keep(self.clerk, text, b"transcript")
        self.act(self.clerk, "add-transcript-version", transcript=1, source="clerk", document=text)
        signers = ["party 1", "party 2", f"judge {self.judge.id}", f"clerk {self.clerk.id}"]
        self.act(self.clerk, "open-round", transcript=1, signers=signers)
        agreement = self.deposit(self.judge, self.t("调解协议", "Mediation agreement"), b"agreement")
        self.act(self.judge, "draft-agreement", track="court-record", document=agreement)
        self.transcript, self.agreement = text, agreement

    def judge_and_appeal(self) -> str:
        """Judged, appealed, and a document in the dossier: the deposit number of the judgment."""
        self.act(self.judge, "end-hearing")
        judgment = self.deposit(self.judge, self.t("判决书", "Judgment"), b"judgment")
        self.act(self.judge, "judge", document=judgment)
        petition = self.deposit(self.defendant, self.t("上诉状", "Petition"), b"petition")
        self.act(self.defendant, "appeal", decision=judgment, petition=petition, against=[1])
        complaint = self.deposit(self.clerk, self.t("起诉状", "Complaint"), b"complaint")
        self.act(self.clerk, "file-document", volume="main", form="electronic", pages=12, name=self.t("起诉状", "Complaint"), deposit_number=complaint)
        return judgment

    def hand_over(self, judgment: str) -> str:
        """The dossier is sent: the path of the page of the hand-over."""
        self.send(self.clerk, f"/v1/cases/{self.case}/hand-overs", {"kind": "second-instance", "to": SECOND, "basis": judgment})
        return f"/cases/{self.case}/hand-overs/1"

    def appeal(self) -> str:
        """Judged, appealed, and the dossier sent: the path of the page of the hand-over."""
        return self.hand_over(self.judge_and_appeal())

    @property
    def path(self) -> str:
        """The path of the case's page."""
        return f"/cases/{self.read(self.plaintiff, f'/v1/cases/{self.case}')['reference']}"
