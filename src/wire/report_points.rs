//! The points of a verification report by article, each with the finding of the program.
//!
//! Sources: 人民法院在线诉讼规则 arts. 16 to 19; 最高人民法院关于互联网法院审理案件若干问题的规定 art. 11; 最高人民法院关于民事诉讼证据的若干规定
//! arts. 93, 94.

use crate::ledger::verify::attestation::{TimeCheck, WitnessCheck};
use crate::ledger::verify::report::{Report, Step};
use crate::wire::bilingual::Bilingual;
use crate::wire::report_subject::{InstitutionJson, ReportSubject};
use crate::wire::review_points::{ArticleJson, RebuttalJson, ReviewPointJson, step_text, was_performed};

/// A finding in Chinese and English; `None` is 未取得.
type PointFinding = Option<(String, String)>;

#[expect(clippy::unnecessary_wraps, reason = "every finding of a point is optional")]
fn known(zh: impl Into<String>, en: impl Into<String>) -> PointFinding {
    Some((zh.into(), en.into()))
}

fn point(number: &str, zh: &str, en: &str, finding: PointFinding) -> ReviewPointJson {
    let provided = finding.is_some();
    let (found_zh, found_en) = finding.unwrap_or_else(|| ("未取得".into(), "not provided".into()));
    ReviewPointJson {
        number: number.into(),
        question: Bilingual::new(zh, en),
        finding: Bilingual::new(found_zh, found_en),
        provided,
    }
}

fn article(code: &str, zh: &str, en: &str, points: Vec<ReviewPointJson>) -> ArticleJson {
    ArticleJson { code: code.into(), title: Bilingual::new(zh, en), points }
}

fn of_step(report: &Report, step: Step) -> PointFinding {
    let text = step_text(report, step);
    was_performed(report, step).then_some((text.zh, text.en))
}

/// The steps that were performed, as one finding.
fn of_steps(report: &Report, steps: &[Step]) -> PointFinding {
    let found: Vec<(String, String)> = steps.iter().filter_map(|step| of_step(report, *step)).collect();
    let joined = |part: fn(&(String, String)) -> &String, with: &str| {
        found.iter().map(part).cloned().collect::<Vec<_>>().join(with)
    };
    (!found.is_empty()).then(|| (joined(|one| &one.0, "；"), joined(|one| &one.1, "; ")))
}

/// What would rebut a technical verification that agreed (art. 16), each with the finding of this verification.
#[must_use]
pub(in crate::wire) fn rebuttal(report: &Report) -> Vec<RebuttalJson> {
    let by_step = |step: Step, zh: &str, en: &str| RebuttalJson {
        step: Some(step.number()),
        what: Bilingual::new(zh, en),
        finding: step_text(report, step),
    };
    vec![
        by_step(
            Step::Witnesses,
            "账本分叉：见证节点持有的账本与本账本不是同一历史",
            "a fork: a witness holds another history of the ledger",
        ),
        by_step(
            Step::PreviousBlock,
            "区块衔接断裂，或者记录不在已签名的区块中",
            "a broken link between blocks, or a record that is in no signed block",
        ),
        by_step(
            Step::EarlierDeposits,
            "同一数据有更早存证，且与存证人主张的形成时间不符",
            "an earlier deposit of the same data that contradicts the time claimed for it",
        ),
        by_step(
            Step::LaterLinks,
            "存证人其后更正、替换或者撤回",
            "a later correction, replacement or withdrawal by the depositor",
        ),
        by_step(Step::DepositorSignature, "存证声明并非由所载密钥签名", "a statement that its keys did not sign"),
        by_step(
            Step::TimeToken,
            "存证时间与独立的可信时间不符",
            "a time of deposit that contradicts independent trusted time",
        ),
        RebuttalJson {
            step: None,
            what: Bilingual::new(
                "数据上链前已不具备真实性（第十八条）",
                "data that was not authentic already before it went on the chain (art. 18)",
            ),
            finding: Bilingual::new(
                "程序不能核验，由当事人举证、说明理由",
                "no program can verify it: evidence and reasons of the parties",
            ),
        },
    ]
}

/// All articles.
#[must_use]
pub(in crate::wire) fn articles(report: &Report, subject: &ReportSubject, program: &str) -> Vec<ArticleJson> {
    vec![
        online_litigation_17(report, &subject.institution),
        online_litigation_18(report, subject),
        online_litigation_19(report, program),
        internet_courts_11(report),
        evidence_93(report, &subject.institution),
        evidence_94(report, &subject.institution),
    ]
}

fn operator(institution: &InstitutionJson) -> PointFinding {
    let name = institution.operator.as_ref()?;
    let nature = institution.nature.clone().unwrap_or_else(|| "性质未说明".into());
    let nature_en = institution.nature.clone().unwrap_or_else(|| "nature not stated".into());
    known(format!("运营者：{name}（{nature}）"), format!("operator: {name} ({nature_en})"))
}

/// How many witnesses of other organisations signed.
fn witnesses(report: &Report) -> PointFinding {
    match &report.witnesses {
        WitnessCheck::Counted(quorum) if quorum.witnesses > 0 => {
            let (signed, all) = (quorum.cosignatures.len(), quorum.witnesses);
            known(
                format!("上链后由 {all} 家见证节点中的 {signed} 家签名；上链前的第三方见证未取得"),
                format!(
                    "after it went on the chain {signed} of {all} witnesses signed; of the time before, nothing is provided"
                ),
            )
        }
        _ => None,
    }
}

fn trusted_time(report: &Report) -> PointFinding {
    match &report.time {
        TimeCheck::Verified(time) => {
            let at = time.not_later_than.beijing();
            known(
                format!("可信时间戳：不晚于 {at}（北京时间）"),
                format!("timestamp token: not later than {at} (Beijing time)"),
            )
        }
        _ => None,
    }
}

fn online_litigation_17(report: &Report, institution: &InstitutionJson) -> ArticleJson {
    let filing = institution.record_filing.as_ref();
    let compliance = filing.and_then(|number| {
        known(
            format!("区块链信息服务备案号 {number}；网络安全等级保护、商用密码应用安全性评估：未取得"),
            format!("record-filing number {number}; graded protection and cryptography assessment: not provided"),
        )
    });
    let interest = operator(institution).map(|(zh, en)| {
        (
            format!("{zh}；与当事人有无利害关系、有无技术干预：未取得声明"),
            format!("{en}; no declaration on interests or interference is provided"),
        )
    });
    let technology = of_steps(report, &[Step::Algorithms, Step::InBlock, Step::BlockHash, Step::Signatures]);
    let technology = technology.map(|(zh, en)| {
        (
            format!("信息验证：{zh}；加密方式：Ed25519 签名，SHA-256 与 SM3 摘要（软件实现，未经密评）；系统环境、技术安全、数据传输：未取得"),
            format!("verification: {en}; cryptography: Ed25519 signatures, SHA-256 and SM3 digests (in software, not assessed); environment, security, transmission: not provided"),
        )
    });
    article(
        "online_litigation_17",
        "《人民法院在线诉讼规则》第十七条：上链后真实性的审查",
        "Online Litigation Rules, art. 17: authenticity after it went on the chain",
        vec![
            point(
                "1",
                "存证平台是否符合国家有关部门关于提供区块链存证服务的相关规定",
                "whether the platform complies with the rules for blockchain deposit services",
                compliance,
            ),
            point(
                "2",
                "当事人与存证平台是否存在利害关系，并利用技术手段不当干预取证、存证过程",
                "whether party and platform have an interest in common, and interfered by technical means",
                interest,
            ),
            point(
                "3",
                "存证平台的信息系统是否符合清洁性、安全性、可靠性、可用性的国家标准或者行业标准",
                "whether the platform's system meets the standards of cleanliness, security, reliability, availability",
                None,
            ),
            point(
                "4",
                "存证技术和过程是否符合系统环境、技术安全、加密方式、数据传输、信息验证等方面的国家标准或者行业标准",
                "whether technology and process meet the standards of environment, security, encryption, transmission, verification",
                technology,
            ),
        ],
    )
}

fn online_litigation_18(report: &Report, subject: &ReportSubject) -> ArticleJson {
    let source = subject.claimed_source.as_ref();
    let source = source.and_then(|text| {
        known(format!("导入人所述，未经核实：{text}"), format!("as the importer states, not checked: {text}"))
    });
    let earlier = of_step(report, Step::EarlierDeposits);
    article(
        "online_litigation_18",
        "《人民法院在线诉讼规则》第十八条：上链前真实性的审查",
        "Online Litigation Rules, art. 18: authenticity before it went on the chain",
        vec![
            point("1", "具体来源", "source", source),
            point("2", "生成机制", "generating mechanism", None),
            point("3", "存储过程", "storage process", None),
            point("4", "公证机构公证", "notarisation", None),
            point("5", "第三方见证", "witness by a third party", witnesses(report)),
            point("6", "关联印证数据", "corroborating data", earlier),
        ],
    )
}

fn online_litigation_19(report: &Report, program: &str) -> ArticleJson {
    let number = report.number.map(|number| number.to_string());
    let at = |path: &str| {
        number.as_ref().and_then(|number| known(path.replace("{number}", number), path.replace("{number}", number)))
    };
    let ledger = report.facts.as_ref().map(|facts| facts.ledger.to_string());
    article(
        "online_litigation_19",
        "《人民法院在线诉讼规则》第十九条：供鉴定人、有专门知识的人独立核对的材料",
        "Online Litigation Rules, art. 19: the bundle for an independent check by an expert",
        vec![
            point(
                "1",
                "回执：记录原文、区块头、包含路径、检查点及其签名",
                "receipt: entry, block header, inclusion paths, checkpoint with its signatures",
                at("GET /v1/deposits/{number}/receipt"),
            ),
            point(
                "2",
                "案件证据序列或者存证的历史：更早存证、更正、撤回",
                "history of the deposit: earlier deposits, corrections, withdrawals",
                at("GET /v1/deposits/{number}"),
            ),
            point(
                "3",
                "账本公钥及其更换公告",
                "ledger keys and the notices that replaced them",
                ledger.as_ref().and_then(|ledger| {
                    known(
                        format!("GET /v1/ledger/keys（账本 {ledger}）"),
                        format!("GET /v1/ledger/keys (ledger {ledger})"),
                    )
                }),
            ),
            point(
                "4",
                "全部账本数据（C2SP 哈希分片）",
                "all data of the ledger (C2SP tiles)",
                ledger.as_ref().and_then(|_| known("/log/", "/log/")),
            ),
            point("5", "可信时间戳令牌", "timestamp tokens", trusted_time(report)),
            point(
                "6",
                "公开的格式和算法",
                "published formats and algorithms",
                known(
                    "RFC 6962、RFC 3161、C2SP tlog-tiles、SHA-256、SM3、Ed25519",
                    "RFC 6962, RFC 3161, C2SP tlog-tiles, SHA-256, SM3, Ed25519",
                ),
            ),
            point("7", "核验程序及版本", "program and version", known(program, program)),
            point(
                "8",
                "独立的核验程序",
                "an independent verifier",
                known(
                    "tiezheng verify --offline；源码可由鉴定机构自行编译（feature verifier）",
                    "tiezheng verify --offline; an institution can build the source itself (feature verifier)",
                ),
            ),
        ],
    )
}

fn internet_courts_11(report: &Report) -> ArticleJson {
    let subject_and_time = of_steps(report, &[Step::DepositorSignature, Step::TimeOrder, Step::TimeToken]);
    let changes = of_steps(report, &[Step::OriginalDigest, Step::LaterLinks]);
    let verifiable = of_steps(
        report,
        &[Step::OriginalDigest, Step::InBlock, Step::BlockHash, Step::PreviousBlock, Step::Signatures],
    );
    article(
        "internet_courts_11",
        "附件：《关于互联网法院审理案件若干问题的规定》第十一条第一款",
        "Annex: Provisions on Internet Courts, art. 11 (1)",
        vec![
            point(
                "1",
                "生成、收集、存储、传输所依赖的计算机系统等硬件、软件环境是否安全、可靠",
                "whether the environment in which the data was made, collected, stored and transmitted is safe and reliable",
                None,
            ),
            point(
                "2",
                "生成主体和时间是否明确，表现内容是否清晰、客观、准确",
                "whether subject and time are clear, and the content clear, objective, accurate",
                subject_and_time,
            ),
            point(
                "3",
                "存储、保管介质是否明确，保管方式和手段是否妥当",
                "whether medium and way of custody are clear and proper",
                None,
            ),
            point(
                "4",
                "提取和固定的主体、工具和方式是否可靠，提取过程是否可以重现",
                "whether subject, tool and way of extracting are reliable, and the process reproducible",
                None,
            ),
            point(
                "5",
                "内容是否存在增加、删除、修改及不完整等情形",
                "whether content was added, deleted, changed, or is incomplete",
                changes,
            ),
            point("6", "是否可以通过特定形式得到验证", "whether it can be verified in a particular form", verifiable),
        ],
    )
}

fn evidence_93(report: &Report, institution: &InstitutionJson) -> ArticleJson {
    let clock = institution.clock_source.as_ref();
    let clock = clock.and_then(|source| {
        known(
            format!("节点时钟校时来源：{source}；其他运行状态记录：未取得"),
            format!("source of the node's clock: {source}; other records of operation: not provided"),
        )
    });
    let detection = of_steps(report, &[Step::InBlock, Step::BlockHash, Step::PreviousBlock, Step::Witnesses]);
    let preserved = of_steps(report, &[Step::OriginalDigest, Step::Signatures]);
    article(
        "evidence_93",
        "附件：《关于民事诉讼证据的若干规定》第九十三条第一款",
        "Annex: Provisions on Evidence, art. 93 (1)",
        vec![
            point(
                "1",
                "生成、存储、传输所依赖的计算机系统的硬件、软件环境是否完整、可靠",
                "whether the environment is complete and reliable",
                None,
            ),
            point(
                "2",
                "硬件、软件环境是否处于正常运行状态，或者不处于正常运行状态时有无影响",
                "whether it was in normal operation, or the effect of not being so",
                clock,
            ),
            point(
                "3",
                "是否具备有效的防止出错的监测、核查手段",
                "whether there are effective means to prevent, monitor and check errors",
                detection,
            ),
            point(
                "4",
                "是否被完整地保存、传输、提取，方法是否可靠",
                "whether it was completely kept, transmitted, extracted by reliable means",
                preserved,
            ),
            point(
                "5",
                "是否在正常的往来活动中形成和存储",
                "whether it was formed and stored in ordinary dealings",
                None,
            ),
            point(
                "6",
                "保存、传输、提取的主体是否适当",
                "whether the subject that kept, transmitted, extracted it is proper",
                operator(institution),
            ),
            point("7", "影响完整性和可靠性的其他因素", "other factors", None),
        ],
    )
}

fn evidence_94(report: &Report, institution: &InstitutionJson) -> ArticleJson {
    let platform = operator(institution)
        .map(|(zh, en)| (format!("{zh}；是否中立由法院认定"), format!("{en}; whether it is neutral is for the court")));
    let platform = platform.filter(|_| was_performed(report, Step::RecordExists));
    article(
        "evidence_94",
        "附件：《关于民事诉讼证据的若干规定》第九十四条",
        "Annex: Provisions on Evidence, art. 94",
        vec![
            point(
                "1",
                "由当事人提交或者保管的于己不利的电子数据",
                "data adverse to the party that submits or keeps it",
                None,
            ),
            point(
                "2",
                "由记录和保存电子数据的中立第三方平台提供或者确认",
                "provided or confirmed by a neutral third-party platform that recorded and kept it",
                platform,
            ),
            point("3", "在正常业务活动中形成", "formed in ordinary business", None),
            point("4", "以档案管理方式保管", "kept as archives", None),
            point(
                "5",
                "以当事人约定的方式保存、传输、提取",
                "kept, transmitted, extracted as the parties agreed",
                None,
            ),
            point("6", "经公证机关公证", "notarised", None),
        ],
    )
}
