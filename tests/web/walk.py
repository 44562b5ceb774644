"""《广州互联网法院诉讼全流程操作手册》 clicked through in headless Chromium, chapter by chapter.

    walk.py TIEZHENG [--pictures FOLDER] [--only CHAPTER…]

Two parties, two agents, a clerk and a judge, each at a browser; then a clerk of the second court, who takes the dossier of an appeal.
Everything is found by accessible roles and names in Chinese, and nothing with a Latin letter is typed (`people.py`). Beyond the manual: a
transcript is corrected and confirmed by all, a mediation agreement signed, a judgment served, an appeal accepted by the second court. Only
what an operator sets up once is done by the API: roles, the court of appeal. Needs the packages of requirements.txt and Chromium."""

import argparse
import datetime
import pathlib
import sys
import tempfile
import zoneinfo

from playwright.sync_api import Browser, expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node import Node  # noqa: E402
from people import Failed, Person  # noqa: E402

COURT, SECOND = "粤0192", "粤01"
CAUSE, OTHER_CAUSE = "网络购物合同纠纷", "信息网络买卖合同纠纷"
FACTS = ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"]
CHAT = "双方约定价款一百元。\n"
RECORD, CORRECTED = "庭审笔录：价款一百元。\n", "庭审笔录（补正）：价款九十元。\n"
AGREEMENT = "调解协议：被告退还价款九十元。\n"


def today() -> str:
    return datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai")).date().isoformat()


class Walk:
    """The people of the manual, and how far they are."""

    def __init__(self, browser: Browser, node: Node, pictures: pathlib.Path | None) -> None:
        self.node = node
        person = lambda name: Person(browser, node, name, pictures)  # noqa: E731
        self.plaintiff, self.defendant = person("张三"), person("李四")
        self.agent, self.other_agent = person("王律师"), person("赵律师")
        self.clerk, self.judge, self.second = person("陈书记员"), person("周法官"), person("中院书记员")

    @property
    def parties(self) -> list[Person]:
        return [self.plaintiff, self.defendant]

    # 3.1.2 and 3.2.2 注册、实名认证.

    def registration(self) -> None:
        for person in self.parties:
            person.register()
        lawyer = {"律师执业证号": "14401201910000000", "律师事务所": "广州某律师事务所"}
        lawyers = [each.register("律师", lawyer) for each in [self.agent, self.other_agent]]
        for account in lawyers:
            self.node.grant(account, "lawyer")
        for person, role, court in [(self.clerk, "clerk", COURT), (self.judge, "judge", COURT), (self.second, "clerk", SECOND)]:
            self.node.grant(person.register(), role, court)
        self.node.post(f"/v1/courts/{COURT}/appeal-courts", {"hears": SECOND, "from": "2025-11-01", "source": "法释〔2025〕14号"})
        for person in [self.clerk, self.judge, self.second]:
            person.press_out()
            person.sign_in()
        # "法院线下实名认证，需要您去到法院由立案法官现场审核证件".
        for person in [*self.parties, self.agent, self.other_agent, self.judge]:
            self.clerk.identify(person.login)

    # 3.1.3 发起诉讼.

    def bring(self, person: Person, cause: str, who: str) -> None:
        person.cases()
        person.follow("我要起诉", within=person.page.get_by_role("main"))
        person.press("确认起诉")
        person.sees("请阅读诉前须知并勾选")
        person.tick("我已阅读以上内容")
        person.tick("我同意裁判文书采用电子送达途径发送", exact=False)
        person.press("确认起诉")
        person.answer("选择身份", who)
        person.choose("案件类型", "民事一审")
        person.fill("起诉案由", cause)
        person.choose("法院", COURT, exact=True)
        person.choose("程序", "普通程序")
        person.answer("原告主体类型", "自然人")
        person.fill("原告姓名或者名称", "张三")
        if who == "我是代理人":
            person.unfold("诉讼代理人信息")
            person.answer("代理权限", "一般授权")
            person.fill("授权委托书", "委托书一份")
        person.press("下一步")
        person.sees("立案草稿已创建", "待提交")

    def defendant_and_claims(self, person: Person) -> None:
        person.task("增加被告或者其他当事人")
        person.choose("诉讼地位", "被告", whole=True)
        person.answer("主体类型", "自然人")
        person.fill("姓名或者名称", "李四")
        person.press("增加当事人")
        person.task("填写诉讼请求、事实和理由")
        person.fill("诉讼请求、事实和理由", "请求判令被告退还价款一百元。\n被告未交付货物。")
        person.press("填写诉讼请求")

    def import_own(self, person: Person, file: str, name: str, content: str) -> None:
        person.own(file)
        person.fill("证据名称", name)
        person.fill("证据内容", content)
        person.press("查询")
        person.sees(*FACTS, "未核验原文，也未导入")
        person.press("导入")
        person.sees(name, content)

    def suit(self) -> None:
        plaintiff = self.plaintiff
        plaintiff.deposit("聊天记录.txt", CHAT)
        self.bring(plaintiff, CAUSE, "我是原告")
        # No submission without a defendant: the error names the stage and what is possible.
        plaintiff.task("预览并提交起诉状")
        plaintiff.tick("以上信息确认无误")
        plaintiff.press("提交起诉状")
        plaintiff.sees("未能办理", "案件目前阶段：待提交")
        plaintiff.open_case(CAUSE)
        self.defendant_and_claims(plaintiff)
        plaintiff.task("导入存证平台证据")
        self.import_own(plaintiff, "聊天记录", "聊天记录", "证明约定的价款")
        # "证据导入成功后，鼠标移动至该证据上方，即可随时查看区块链存证信息".
        plaintiff.page.locator("summary").filter(has_text="区块链存证信息").first.hover()
        expect(plaintiff.page.get_by_text("前一区块哈希").first).to_be_visible()
        # "预览后需要修改的点击返回修改".
        plaintiff.tab("案件")
        plaintiff.task("预览并提交起诉状")
        plaintiff.sees("李四", "聊天记录", CAUSE)
        plaintiff.follow("返回修改")
        plaintiff.task("预览并提交起诉状")
        plaintiff.tick("以上信息确认无误")
        plaintiff.press("提交起诉状")
        plaintiff.sees("已提交")

    # 3.1.3-B 代理人发起诉讼.

    def suit_by_agent(self) -> None:
        self.agent.deposit("订单截图.txt", "订单一份。\n")
        self.bring(self.agent, OTHER_CAUSE, "我是代理人")
        self.defendant_and_claims(self.agent)
        self.agent.task("导入存证平台证据")
        self.import_own(self.agent, "订单截图", "订单截图", "证明买卖关系")
        self.agent.tab("案件")
        self.agent.task("预览并提交起诉状")
        self.agent.tick("以上信息确认无误")
        self.agent.press("提交起诉状")
        self.agent.sees("已提交")

    # 3.1.4 立案.

    def filing(self, cause: str, number: int) -> None:
        clerk = self.clerk
        clerk.cases()
        clerk.follow("待审核立案")
        clerk.follow(cause)
        clerk.task("审核通过")
        clerk.press("审核通过")
        clerk.task("立案")
        clerk.fill("案号", f"（2026）{COURT}民初{number}号")
        clerk.press("立案")
        clerk.sees("待分案")

    def assignment(self) -> None:
        self.clerk.task("分案")
        self.clerk.choose("承办法官", self.judge.name)
        self.clerk.press("分案")
        self.clerk.sees("审理中")

    # 3.2.3 关联案件.

    def code(self, party: str, by_party: str, by_agent: str) -> None:
        clerk = self.clerk
        clerk.task("生成关联码")
        clerk.choose("当事人", party, exact=True)
        clerk.fill("当事人本人可用次数", by_party)
        clerk.fill("代理人可用次数", by_agent)
        clerk.fill("有效天数", "30")
        clerk.press("生成关联码")
        clerk.press("复制 关联码", stays=True)
        clerk.page.get_by_role("button", name="复制 关联码").filter(has_text="已复制").wait_for()
        self.copied = clerk.page.evaluate("navigator.clipboard.readText()")

    def associate(self, person: Person, who: str) -> None:
        person.cases()
        person.follow("关联案件")
        person.page.evaluate("code => navigator.clipboard.writeText(code)", self.copied)
        person.paste("关联码")
        person.answer("选择身份", who)
        if who == "我是代理人":
            person.unfold("诉讼代理人信息")
            person.fill("代理人姓名", person.name)
            person.answer("代理权限", "一般授权")
            person.fill("授权委托书", "委托书一份")
        person.press("关联案件")
        person.sees("关联案件", "审理中")

    def association(self) -> None:
        self.clerk.open_case(CAUSE)
        self.code("李四", "1", "1")
        self.associate(self.defendant, "我是当事人")
        self.associate(self.other_agent, "我是代理人")
        # "关联码可以使用两次，被告及其代理人各可以使用一次".
        self.agent.cases()
        self.agent.follow("关联案件")
        self.agent.page.evaluate("code => navigator.clipboard.writeText(code)", self.copied)
        self.agent.paste("关联码")
        self.agent.answer("选择身份", "我是当事人")
        self.agent.press("关联案件")
        self.agent.sees("关联案件", "已")
        # The plaintiff appoints an agent by its name of login.
        self.plaintiff.open_case(CAUSE)
        self.plaintiff.task("委托诉讼代理人")
        self.plaintiff.choose("被代理的当事人", "张三")
        self.plaintiff.fill("代理人的账号", self.agent.login, exact=True)
        self.plaintiff.fill("代理人姓名", self.agent.name)
        self.plaintiff.answer("代理权限", "一般授权")
        self.plaintiff.fill("授权委托书", "委托书一份")
        self.plaintiff.press("委托诉讼代理人")
        self.agent.open_case(CAUSE)

    # 3.2.4 确认送达.

    def consent(self, person: Person, scope: str) -> None:
        person.tab("送达")
        person.task("在线诉讼及电子送达意见")
        person.answer("事项", scope)
        person.answer("意见", "同意")
        person.choose("同意方式", "明示同意")
        person.press("提交意见")

    def serve(self, file: str, kind: str, party: str, days: str = "") -> None:
        clerk = self.clerk
        clerk.tab("送达")
        clerk.task("登记送达")
        clerk.choose("受送达人", party)
        clerk.answer("送达方式", "电子送达")
        clerk.choose("文书种类", kind)
        clerk.own(file)
        if days:
            clerk.fill("文书载明的期限", days)
        clerk.press("登记送达")
        last = clerk.page.get_by_role("article").last
        clerk.follow("发送送达文书", within=last, exact=False)
        clerk.choose("送达渠道", "诉讼平台")
        clerk.press("发送送达文书")
        clerk.sees(kind, "到达")

    def service(self) -> None:
        for name in ["起诉状副本.txt", "举证通知书.txt"]:
            self.clerk.deposit(name, f"{name}：请于十五日内答辩、举证。\n")
        self.defendant.open_case(CAUSE)
        self.consent(self.defendant, "电子送达（判决书、裁定书、调解书除外）")
        self.consent(self.defendant, "电子送达判决书、裁定书、调解书")
        self.clerk.open_case(CAUSE)
        self.serve("起诉状副本", "起诉状副本", "李四")
        self.serve("举证通知书", "举证通知书", "李四", "15")
        self.defendant.open_case(CAUSE)
        self.defendant.follow("送达确认")
        self.defendant.fill("今后的送达地址", "广州市海珠区某路1号")
        self.defendant.press("送达确认")
        self.defendant.sees("送达确认")
        # "在答辩期内，被告还可以提出管辖权异议".
        self.judge.open_case(CAUSE)
        self.judge.task("指定举证期限")
        self.judge.choose("依据", "普通程序")
        self.judge.fill("天数", "15")
        self.judge.fill("起算日", today())
        self.judge.choose("当事人", "李四")
        self.judge.press("指定举证期限")
        self.defendant.open_case(CAUSE)
        self.defendant.follow("管辖异议申请")
        self.defendant.fill("理由", "被告住所地不在本院辖区。")
        self.defendant.press("提出管辖异议")
        self.defendant.sees("提出管辖异议")
        self.judge.deposit("管辖裁定书.txt", "驳回管辖异议。\n")
        self.judge.open_case(CAUSE)
        self.judge.task("裁定")
        self.judge.choose("裁定事项", "驳回管辖异议")
        self.judge.own("管辖裁定书")
        self.judge.choose("涉及的当事人", "李四")
        self.judge.tick("已核对裁定书", exact=False)
        self.judge.press("裁定")
        self.judge.sees("驳回管辖异议")

    # 3.1.5 and 3.2.5 举证.

    def evidence(self) -> None:
        for person, file, name in [(self.plaintiff, "物流记录.txt", "物流记录"), (self.defendant, "付款凭证.txt", "付款凭证")]:
            person.deposit(file, f"{name}一份。\n")
            person.open_case(CAUSE)
            person.follow("补充证据")
            person.sees("举证期限", "剩余")
            person.follow("导入存证平台证据")
            self.import_own(person, name, name, "证明履行情况")
        # The original of an item, for the court and the other side to view.
        self.plaintiff.follow("提交原文：证据1")
        self.plaintiff.give("文件", "聊天记录.txt", CHAT)
        self.plaintiff.page.get_by_text("摘要与链上记录相同，可以提交").wait_for()
        self.plaintiff.press("提交原文")
        self.plaintiff.sees("原文已提交平台保管")
        # "核验" beside the original: the other side compares a file, and it goes on record.
        self.other_agent.open_case(CAUSE)
        self.other_agent.tab("举证质证")
        self.other_agent.sees("仅查询，未核验原文")
        self.other_agent.follow("核验证据1")
        self.other_agent.give("原文文件", "聊天记录.txt", CHAT)
        self.other_agent.page.get_by_text("摘要与链上记录相同").wait_for()
        self.other_agent.press("核验")
        self.other_agent.sees("已办理：核验", "核验记录")
        self.other_agent.follow("查看原文：证据1")
        self.other_agent.sees("原文已提交并由平台保管", "每次调取原文均先行上链记录")

    # 3.1.6 and 3.2.6 质证.

    def replies(self) -> None:
        for person, item in [(self.defendant, 1), (self.plaintiff, 3)]:
            person.open_case(CAUSE)
            person.follow("质证")
            person.follow(f"回复证据{item}")
            person.answer("真实性", "认可")
            person.answer("合法性", "认可")
            person.answer("关联性", "有异议")
            person.fill("证明力", "不能证明价款已经支付")
            person.fill("理由", "上链前的形成过程不明")
            person.press("回复")
        self.judge.open_case(CAUSE)
        self.judge.tab("举证质证")
        # "点击×人已回复，查看其他人对该证据的回复".
        self.judge.page.locator("summary").filter(has_text="1人已回复").first.click()
        self.judge.sees("不能证明价款已经支付", "有异议")

    # 3.1.7 and 3.2.7 庭审.

    def hearing(self) -> None:
        self.judge.tab("案件")
        self.judge.task("开庭")
        self.judge.press("开庭")
        self.judge.open_case(CAUSE)
        self.judge.sees("庭审中")
        for person in self.parties:
            person.open_case(CAUSE)
            person.follow("进入庭审")
            person.answer("在线活动", "庭审")
            person.press("进入在线活动")
        self.judge.follow("证据展示")
        self.judge.sees("1 / 3", *FACTS)
        with self.judge.page.expect_navigation():
            self.judge.page.keyboard.press("ArrowRight")
        self.judge.sees("2 / 3")
        self.judge.open_case(CAUSE)
        self.judge.tab("举证质证")
        self.judge.follow("是否采信：证据1")
        self.judge.answer("认定", "采信")
        self.judge.fill("理由", "来源清楚")
        self.judge.press("对证据是否采信作出认定")
        self.transcript()

    def version(self, file: str, source: str) -> None:
        self.clerk.follow("形成笔录版本：笔录1")
        self.clerk.choose("版本来源", source)
        self.clerk.own(file)
        self.clerk.press("形成笔录版本")

    def round(self, about: str, who: list[str]) -> None:
        self.clerk.follow(about)
        for name in who:
            self.clerk.tick(name, exact=False)
        self.clerk.press("发起确认")
        self.clerk.sees("确认轮次", "待确认")

    def confirm(self, person: Person, cause: str, text: str, sure: str, button: str) -> None:
        person.open_case(cause)
        person.tab("庭审、笔录与调解")
        person.follow("阅读并确认")
        person.give("核对收到的文本 （选填）", "文本.txt", text)
        person.page.get_by_text("摘要相同").wait_for()
        person.answer("确认方式", "在线确认")
        person.tick(sure)
        person.press(button)
        person.sees("已确认")

    def transcript(self) -> None:
        self.clerk.deposit("庭审笔录.txt", RECORD)
        self.clerk.deposit("庭审笔录补正.txt", CORRECTED)
        self.clerk.open_case(CAUSE)
        self.clerk.tab("庭审、笔录与调解")
        self.clerk.task("制作笔录")
        self.clerk.choose("笔录种类", "庭审笔录")
        self.clerk.press("制作笔录")
        self.version("庭审笔录.txt", "书记员记录")
        self.judge.open_case(CAUSE)
        self.judge.task("结束庭审")
        self.judge.press("结束庭审")
        signers = ["原告 张三", "被告 李四", self.judge.name, self.clerk.name]
        self.round("发起确认：笔录1", signers)
        # A correction is requested and allowed; the corrected version is confirmed by all.
        self.defendant.open_case(CAUSE)
        self.defendant.tab("庭审、笔录与调解")
        self.defendant.follow("申请补正：笔录1")
        self.defendant.answer("事由", "差错")
        self.defendant.fill("补正位置", "第1页第1行")
        self.defendant.fill("申请补正的内容", "价款九十元")
        self.defendant.press("申请补正笔录")
        self.defendant.sees("申请补正", "价款九十元")
        self.clerk.tab("庭审、笔录与调解")
        self.clerk.follow("处理补正申请：笔录1")
        self.clerk.choose("补正申请", "价款九十元")
        self.clerk.answer("处理结果", "予以补正")
        self.clerk.press("处理补正申请")
        self.version("庭审笔录补正.txt", "补正")
        self.round("发起确认：笔录1", signers)
        for person in [*self.parties, self.judge, self.clerk]:
            self.confirm(person, CAUSE, CORRECTED, "我已阅读笔录，确认无误", "确认笔录")
        self.clerk.follow("笔录定稿：笔录1")
        self.clerk.press("笔录定稿")
        self.clerk.sees("已定稿", "4 人确认的摘要一致")

    # 3.1.8 and 3.2.8 判决.

    def judgment(self) -> None:
        self.judge.deposit("判决书.txt", "判决：被告退还价款。\n")
        self.judge.open_case(CAUSE)
        self.judge.task("宣判")
        self.judge.own("判决书")
        self.judge.tick("已核对判决书", exact=False)
        self.judge.press("宣判")
        self.judge.sees("已判决")
        self.clerk.open_case(CAUSE)
        for party in ["李四", "张三"]:
            self.serve("本案判决书", "判决书", party)
        for person in self.parties:
            person.open_case(CAUSE)
            person.sees("已判决")
            person.follow("判决书")
            person.sees(*FACTS)
            person.open_case(CAUSE)
            person.follow("判决书确认送达")
            person.follow("判决书确认送达")
            person.press("确认收悉")
            person.sees("已确认收悉")

    # An appeal, its transfer and acceptance.

    def appeal(self) -> None:
        self.defendant.deposit("上诉状.txt", "上诉请求：撤销原判。\n")
        self.defendant.open_case(CAUSE)
        self.defendant.task("提起上诉")
        self.defendant.choose("上诉所针对的裁判", "判决")
        self.defendant.own("上诉状")
        self.defendant.tick("原告 张三", exact=False)
        self.defendant.press("提起上诉")
        self.defendant.sees("提起上诉", "上诉期内提出")
        clerk = self.clerk
        clerk.deposit("卷宗起诉状.txt", "起诉状。\n")
        clerk.open_case(CAUSE)
        clerk.task("归入卷宗")
        clerk.answer("卷别", "正卷")
        clerk.answer("材料形式", "电子材料")
        clerk.fill("页数", "12")
        clerk.fill("材料名称", "起诉状")
        clerk.own("卷宗起诉状")
        clerk.press("归入卷宗")
        clerk.task("移交案卷")
        clerk.answer("移交种类", "上诉移送")
        clerk.choose("接收法院", SECOND, whole=True)
        clerk.choose("依据的裁判", "判决")
        clerk.tick("确认移交", exact=False)
        clerk.press("移交案卷")
        clerk.follow("移交清单")
        manifest = clerk.download("下载清单文件，随案卷移送")
        second = self.second
        second.cases()
        second.follow("移交本院的案卷")
        second.follow("上诉移送", exact=False)
        second.press("收到案卷")
        second.sees("起诉状", "移交清单")
        second.press("核对相符并接收")
        second.sees("请确认已逐项核对移交清单")
        second.fill("案号", f"（2026）{SECOND}民终1号")
        second.give("随案卷收到的清单文件", "移交清单.txt", manifest, group="正卷清单")
        second.sees("清单根已由浏览器计算。文件不上传。")
        second.tick("已逐项核对移交清单", exact=False)
        second.press("核对相符并接收")
        second.sees("民事二审", "上诉人", "被上诉人")
        self.defendant.cases()
        self.defendant.sees("民终1号")

    # A mediation agreement, in the suit that the agent brought.

    def mediation(self) -> None:
        self.filing(OTHER_CAUSE, 114)
        self.assignment()
        self.code("张三", "1", "0")
        self.associate(self.plaintiff, "我是当事人")
        self.clerk.open_case(OTHER_CAUSE)
        self.code("李四", "1", "1")
        self.associate(self.defendant, "我是当事人")
        for person in self.parties:
            person.open_case(OTHER_CAUSE)
            person.tab("庭审、笔录与调解")
            person.task("同意调解")
            person.press("同意调解")
        self.judge.deposit("调解协议.txt", AGREEMENT)
        self.judge.open_case(OTHER_CAUSE)
        self.judge.tab("庭审、笔录与调解")
        self.judge.task("拟定调解协议")
        self.judge.choose("协议类型", "记入笔录")
        self.judge.own("调解协议")
        self.judge.press("拟定调解协议")
        for person in self.parties:
            person.open_case(OTHER_CAUSE)
            person.tab("庭审、笔录与调解")
            person.follow("同意在线确认：调解协议1")
            person.press("同意在线确认")
        self.clerk.open_case(OTHER_CAUSE)
        self.clerk.tab("庭审、笔录与调解")
        self.round("发起确认：调解协议1", ["原告 张三", "被告 李四", self.judge.name, self.clerk.name])
        for person in [*self.parties, self.judge, self.clerk]:
            self.confirm(person, OTHER_CAUSE, AGREEMENT, "我已阅读调解协议，确认无误", "确认（签名）")
        self.clerk.sees("已完成签署")

    def chapters(self):
        return [
            ("3.1.2 注册、实名认证", self.registration),
            ("3.1.3 发起诉讼", self.suit),
            ("3.1.3-B 代理人发起诉讼", self.suit_by_agent),
            ("3.1.4 立案", lambda: (self.filing(CAUSE, 113), self.assignment())),
            ("3.2.3 关联案件", self.association),
            ("3.2.4 确认送达", self.service),
            ("3.1.5、3.2.5 举证", self.evidence),
            ("3.1.6、3.2.6 质证", self.replies),
            ("3.1.7、3.2.7 庭审、笔录", self.hearing),
            ("3.1.8、3.2.8 判决", self.judgment),
            ("上诉", self.appeal),
            ("调解", self.mediation),
        ]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", type=int, help="the places of chapters in the list, from 1; each needs those before it")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        node = Node(options.program, pathlib.Path(folder))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            walk = Walk(browser, node, options.pictures)
            for place, (chapter, steps) in enumerate(walk.chapters(), 1):
                if options.only and place not in options.only:
                    continue
                print(chapter, flush=True)
                steps()
        except Failed as failed:
            print(f"FAILED {failed}")
            Person.failures.append(str(failed))
        finally:
            browser.close()
            node.stop()
    print(f"{len(Person.seen)} kinds of pages, {len(Person.failures)} failures")
    return 1 if Person.failures else 0


if __name__ == "__main__":
    sys.exit(main())
