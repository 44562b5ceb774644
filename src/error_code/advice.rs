//! What to do about each error code: one sentence for the clerk or developer who meets it.
//!
//! # Invariants
//!
//! The table is an exhaustive match over [`ErrorCode`], so a code without advice does not compile. The title of a code says what
//! failed; its advice says what to do next.

use crate::error_code::ErrorCode;

macro_rules! advice {
    ($($variant:ident $en:literal $zh:literal;)*) => {
        impl ErrorCode {
            /// What to do next, in English.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// What to do next, in Chinese.
            #[must_use]
            pub const fn advice_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }
    };
}

advice! {
    // Requests.
    BadPath "Correct the part of the address that the message names; /docs lists the form of each." "请按错误说明更正地址中的参数，格式见接口文档 /docs。";
    BadQuery "Correct or remove the parameter that the message names; /docs lists those of each route." "请更正或者删除错误说明所指的查询参数，各接口的参数见 /docs。";
    BadCursor "Send the next_cursor of the previous answer unchanged, or leave the cursor out to begin with the first page." "请原样使用上一页返回的 next_cursor；不带游标则从第一页开始。";
    UnrecognisedQuery "Enter a deposit number, a file digest of 64 hex digits, a transaction id, a block hash or a block height." "请输入存证编号、64 位十六进制的文件摘要、交易id、区块哈希或者区块高度。";
    MistypedNumber "Compare the number with the receipt character by character; its last two characters check the others." "请与存证回执逐字核对编号；编号末两位为校验字符。";
    BadHost "Send exactly one Host field with the host name of this node; check the configuration of proxies in between." "请只发送一个 Host 字段并填写本节点的主机名；经代理访问的，请检查代理配置。";
    Misdirected "Use the scheme of this listener: https on a port with TLS, http on one without." "请使用与端口相符的协议：启用 TLS 的端口用 https，否则用 http。";
    RateLimited "Wait for the seconds in Retry-After, then send the same request again; nothing is done twice." "请等待 Retry-After 所示秒数后重新提交同一请求，不会重复办理。";
    NotFound "Check the number or id, and whether you have signed in with the right account: what you may not see is reported as not found, too." "请核对编号，并确认以有权限的账号登录；无权查看的内容同样显示为查无此记录。";
    NoSuchRoute "Check the address for typing errors; /docs lists all routes." "请检查地址是否有误，全部接口见 /docs。";
    MethodNotAllowed "Use a method that the Allow field of the answer lists." "请改用应答中 Allow 字段列出的请求方法。";
    NotAcceptable "Ask for a media type that /docs lists for this route, or send no Accept field." "请在 Accept 字段中改用 /docs 所列的格式，或者不发送该字段。";
    BodyTimeout "Check the network connection, and send the same request again." "请检查网络连接后重新提交同一请求。";
    BodyBroken "The connection ended early: send the same request again." "连接中途断开，请重新提交同一请求。";
    BodyTooLarge "Send a body within the limit that the answer names; deposit a large file by its digest, which is computed on your side." "请将请求内容控制在应答所示上限以内；大文件应在本地计算摘要后以摘要存证。";
    BatchTooLong "Split the batch, and send each part as a request of its own." "请将批量请求拆分后分别提交。";
    BatchStalled "Send the deposits that have no answer yet again, without pauses between the lines." "请将尚无结果的存证重新提交，各行之间不要停顿。";
    PartialBody "Send the whole body without a Content-Range field." "请不带 Content-Range 字段，完整提交请求内容。";
    UnsupportedContentEncoding "Send the body without compression and without a Content-Encoding field." "请不要压缩请求内容，并去掉 Content-Encoding 字段。";
    UnsupportedTransferEncoding "Send the body with Content-Length, or with the chunked coding alone." "请以 Content-Length 或者单独的 chunked 编码提交请求内容。";
    UnsupportedMediaType "Set Content-Type to a media type that /docs lists for this route." "请将 Content-Type 设为 /docs 所列该接口接受的内容类型。";
    MalformedJson "Correct the JSON at the place that the message names." "请更正错误说明所指位置的 JSON 语法。";
    UnexpectedJson "Compare the fields and their types with the schema of this route in /docs." "请按 /docs 中该接口的数据结构核对字段名称和类型。";
    IntegerTooLarge "Send an integer of at most 9007199254740991." "整数不得大于 9007199254740991，请更正后重新提交。";
    UnknownAlgorithm "Use sha-256 or sm3, spelled like this." "请使用 sha-256 或者 sm3，并按此拼写。";
    BadSalt "Send the salt that was kept with the receipt for a salted deposit, and none for any other." "加盐的存证请提交随回执保存的盐值，其他存证不要提交盐值。";
    BadIdempotencyKey "Choose a key of 1 to 128 visible ASCII characters, like a UUID." "请改用 1 至 128 个可见 ASCII 字符的幂等键，例如 UUID。";
    RequestReused "Use a new idempotency key for a new request, or send the first request unchanged." "新请求请使用新的幂等键；重试请原样提交首次的请求。";
    TextTooLong "Shorten the text, or deposit it as a document of its own and refer to its number." "请缩短文本，或者将其作为文件另行存证并引用存证编号。";
    // Statements: text.
    InvalidUtf8 "Save the text as UTF-8, and send it again." "请将文本另存为 UTF-8 编码后重新提交。";
    ControlCharacter "Remove control characters, such as those that copying from other documents leaves." "请删除控制字符（常因从其他文档复制而带入）后重新提交。";
    MissingFinalNewline "End the last line with a line feed; sign again if the signed text changes." "请在末行之后加换行符；所签文本因此改变的，须重新签名。";
    UnknownVersion "Use a program of a version that knows this format; what cannot be read says nothing about the evidence." "请使用支持该格式的程序版本；不能读取不代表证据有问题。";
    UnknownLine "Remove the line that the message names; the v1 format has no other lines." "请删除错误说明所指的行，第一版格式没有该行。";
    RepeatedLine "Keep one of the repeated lines, and sign the statement again." "请只保留一行，并重新签署声明。";
    MisorderedLine "Put the lines into the order of the format, and sign the statement again." "请按格式规定的次序排列各行，并重新签署声明。";
    MissingLine "Add the line that the message names, and sign the statement again." "请补充错误说明所指的行，并重新签署声明。";
    WrongLength "Send the value in its full length: a SHA-256 or SM3 digest has 64 hex digits." "请提交完整的值：SHA-256 和 SM3 摘要均为 64 位十六进制。";
    UpperCaseHex "Write the hex digits in lower case, and sign the statement again." "请将十六进制改为小写，并重新签署声明。";
    BadValue "Correct the field that the message names to the form that it expects." "请按上述提示更正后重新提交。";
    WeakDigest "Compute SHA-256 and SM3 of the file itself, which must not be empty." "请对非空的原文计算 SHA-256 和 SM3 摘要后重新提交。";
    WeakKey "Create a new key with tiezheng key new or on the page of deposits, and sign with it." "请用 tiezheng key new 或者存证页面生成新的密钥后签名。";
    NotSorted "Sort the lines bytewise, without repetitions, and sign the statement again." "请将各行按字节次序排列且不重复，并重新签署声明。";
    TooManyLines "Keep the number of lines within the limit of the format; split the deposit if need be." "请将同名行的数量控制在格式上限以内，必要时拆分存证。";
    StatementTooLong "Shorten the statement to 16 KiB; many items fit under one manifest." "声明不得超过 16 KiB；项目较多时请改用清单存证。";
    // Statements: signatures.
    MissingSignature "Sign with each key that a key line of the statement names." "请以声明中每个密钥行所列的密钥分别签名。";
    UnexpectedSignature "Remove the signature, or add its key line and sign the statement again." "请删除该签名，或者补充对应的密钥行后重新签署。";
    TooManySignatures "Keep one signature for each key line, at most 16." "每个密钥行只保留一个签名，至多 16 个。";
    MalformedSignature "Write each signature as one line of the signed note format, and send it again." "请按签名笔记格式逐行书写签名后重新提交。";
    BadSignature "Sign the exact bytes of the statement with the key that it names, and change nothing afterwards." "请以声明所列密钥对声明原文的全部字节签名，签名后不要改动。";
    // Private metadata.
    MetadataNotCanonical "Use the program to write the metadata, or write JSON that RFC 8785 can represent exactly." "请用本程序生成元数据，或者按 RFC 8785 可规范化的形式书写 JSON。";
    MetadataWithoutName "Add the name of the evidence as the field name of the metadata." "请在元数据的 name 字段填写证据名称。";
    MetadataTooLong "Shorten the metadata; deposit long descriptions as a file of their own." "请缩短元数据；较长的说明请作为文件另行存证。";
    PrivateMissingMeta "Add the meta line with the commitment to the statement and sign it again, or send no private metadata." "请在声明中补充 meta 行并重新签署，或者不提交非公开元数据。";
    PrivateMismatch "Send the metadata and the salt from which the meta line was computed." "请提交计算 meta 行时所用的元数据和盐值。";
    // Deposits.
    DepositByTokenOnly "Sign in or use an access token: this node takes no deposits from others." "请登录或者使用访问令牌提交，本节点不接受其他方式的存证。";
    KeyNotEnrolled "Enrol the public key on the page of your account, then send the same statement again." "请先在“我的账号”登记该公钥，然后重新提交同一声明。";
    WrongLedger "Make the statement for the ledger of this node, whose name is the origin in GET /v1/ledger." "请按本节点的账本重新制作声明，链标识见 GET /v1/ledger 的 origin。";
    SubjectSequence "Read the latest entry of the subject, and use the number after it." "请查询该序列的最新记录，使用其后一个序号。";
    SubjectNotYours "Sign with a key of the owner of the subject, or begin a subject of your own." "请以该序列所有人的密钥签名，或者另行建立自己的序列。";
    LinkUnknown "Check the linked deposit number; the linked deposit must be on this ledger already." "请核对所关联的存证编号，被关联的存证须已在本账本上链。";
    LinkNotYours "Sign with a key of the linked deposit; the link refers is open to everybody." "请以被关联存证的密钥签名；仅作引用的，请使用 refers 关联。";
    // The node.
    Busy "Wait for the seconds in Retry-After, then send the same request again; nothing is done twice." "请等待 Retry-After 所示秒数后重新提交同一请求，不会重复办理。";
    TooManyConnections "Close connections that you do not use, and reuse open ones for further requests." "请关闭不用的连接，并重复使用已有连接发送请求。";
    TooManyFields "Send fewer header fields; browsers do so after their cookies for this site are deleted." "请减少请求头字段；使用浏览器的，请清除本网站的 Cookie 后重试。";
    TlsRequired "Use the https address that the operator has published." "请改用运营者公布的 https 地址。";
    DiskFull "Tell the operator, who frees disk space; then send the same request again, which is not done twice." "请通知平台管理员清理磁盘，然后重新提交同一请求，不会重复办理。";
    TooManyOpenFiles "Tell the operator, who raises the limit of file descriptors; then send the same request again." "请通知平台管理员提高文件描述符上限，然后重新提交同一请求。";
    OutOfMemory "Tell the operator, who gives the node more memory; then send the same request again." "请通知平台管理员增加节点内存，然后重新提交同一请求。";
    TooManyThreads "Tell the operator, who raises the limit of threads; then send the same request again." "请通知平台管理员提高线程数上限，然后重新提交同一请求。";
    ClockRegressed "The operator sets the clock of the node right; deposits resume by themselves, and the same request is sent again." "请平台管理员校正节点时钟；校正后存证自动恢复，请重新提交同一请求。";
    ClockJumped "The operator checks the clock, and confirms it on the page of the node if it is right; then send the same request again." "请平台管理员核对时钟，无误的在节点管理页确认；恢复后请重新提交同一请求。";
    ClockNotPaused "Nothing is to be confirmed: deposits are accepted, or have stopped for another reason, which /health/ready names." "无须确认；存证如因其他原因暂停，原因见 /health/ready。";
    WriteStalled "The operator checks the disk of the node; send the same request again later." "请平台管理员检查节点磁盘，稍后重新提交同一请求。";
    QuorumTimeout "Nothing is to be repeated: fetch the receipt by its number later, when more witnesses have cosigned." "无须重新存证；请稍后凭存证编号取得含有足够见证签名的回执。";
    WritingStopped "Tell the operator: the log of the node names the cause, and docs/operating.md says what to do." "请通知平台管理员；原因见节点日志，处理办法见 docs/operating.zh-CN.md。";
    ShuttingDown "Send the same request again after the restart; nothing is done twice." "请在节点重新启动后重新提交同一请求，不会重复办理。";
    Unavailable "Send the same request again later; if it fails again, tell the operator the request id." "请稍后重新提交同一请求；仍不成功的，请将请求编号告知平台管理员。";
    Damaged "Tell the operator the request id: the node audits its data and is restored from a backup or a mirror." "请将请求编号告知平台管理员，由其审计数据并以备份或者镜像恢复。";
    Internal "Tell the operator the request id (X-Request-Id); what is on the chain is not affected." "请将请求编号（X-Request-Id）告知平台管理员；已上链的内容不受影响。";
    // Witnesses and mirrors.
    BadAddCheckpoint "Send the request as c2sp.org/tlog-witness defines it." "请按 c2sp.org/tlog-witness 规定的格式提交。";
    CheckpointNotTrusted "Check which key signed the checkpoint; after a rotation, the operator of the witness follows the ledger key." "请核对检查点由哪把密钥签名；账本更换密钥的，请见证节点运营者更新所跟随的密钥。";
    UnknownLog "Ask the operator of the witness to follow this ledger." "请联系见证节点运营者将本账本列入跟随范围。";
    OldSizeDiffers "Send the request again with the size that the answer names." "请按应答中所示的大小重新提交。";
    InconsistentCheckpoint "Keep both checkpoints, and have both operators compare them: either the proof is wrong or the ledger has two histories." "请保存两份检查点并由双方运营者比对：或者证明有误，或者账本出现两种历史。";
    BlockTimeOutOfBounds "Compare the clocks of the node and of the mirror with a trusted time source." "请将节点与镜像节点的时钟分别与可信时间源核对。";
    LeavesNotHeld "Wait until the mirror has fetched the leaves, then send the same request again." "请待镜像节点取得全部记录后重新提交同一请求。";
    WitnessClockBehind "The operator of the witness sets its clock right; then send the same request again." "请见证节点运营者校正时钟，然后重新提交同一请求。";
    CosigningStopped "The operator of the witness reads its log, which names the evidence, and decides." "请见证节点运营者查看日志所载证据后处理。";
    ReadOnly "Send deposits to the node of the ledger; this mirror only answers reads." "请向账本节点提交存证，本镜像节点仅供查询。";
    // Accounts and tokens.
    Unauthenticated "Sign in again, or send a token that has neither expired nor been revoked." "请重新登录，或者使用未过期、未撤销的令牌。";
    CrossSite "Open the form on this site, fill it in there, and send it again." "请在本网站打开该表单，重新填写后提交。";
    ScopeNeeded "Use a token with the scope that the message names; issue one on the page of your account." "请使用具有所示权限范围的令牌，可在“我的账号”签发。";
    SignInNeeded "Sign in and do it on the page of the account; for an erasure, close the account there and then ask the operator." "请登录后在“我的账号”页面办理；需要删除非公开信息的，先注销账号，再向平台管理员申请。";
    OwnPasswordNeeded "Before the role is granted, have a person who neither opened the account nor grants the role issue a reset code, and set another password with it." "请在授予角色之前，由开户人员和授予角色人员以外的法院窗口人员或者平台管理员签发重置码，本人重新设置密码；授予后重置过密码的，须重新授予。";
    ForeignToken "The holder revokes that token on the page of the account, and issues an own one if it is needed." "请本人登录后在“我的账号”页面撤销该令牌，需要令牌的另行自行签发。";
    NotPermitted "Act in the role that may do this, or ask the operator or the court to grant it." "请以有权办理该事项的身份操作，或者向平台管理员、法院申请授权。";
    IdentityRequired "Have your identity checked at the court's counter or by the provider, then try again." "请先在法院窗口或者通过认证机构完成实名核验，然后重试。";
    AccountExists "Use the account that exists, or choose another id." "请使用已有账号，或者改用其他账号编号。";
    AccountClosed "Use another account: a closed one cannot be opened again." "账号注销后不能恢复，请使用其他账号。";
    LoginRefused "Check name, password and one-time code; after several failures wait a while, or ask for a reset code at the counter." "请核对登录名、密码和动态口令；多次失败后请稍候重试，或者向平台管理员、书记员申请重置码。";
    LoginState "Open /login and begin again, in one browser and within ten minutes; each login is good once." "请打开登录页重新登录：须在同一浏览器中于十分钟内完成，每次登录只能使用一次。";
    ProviderDenied "Sign in at the identity provider with the right account, or ask its administrators; then begin again at /login." "请以正确的账号在统一身份认证登录，或者联系其管理员，再从登录页重新登录。";
    ProviderUnavailable "Try again later, or sign in with login name and password; if it goes on, tell the operator, whose log says why." "请稍后重试，或者以登录名和密码登录；仍不能登录的，请告知平台管理员，原因见节点日志。";
    IdTokenRejected "Begin again at /login; if it happens again, the operator compares the provider's settings and clock with those of the node." "请从登录页重新登录；仍不能登录的，请平台管理员核对统一身份认证的设置和时钟。";
    LoginNotLinked "Sign in with login name and password, and link this login on the page of your account." "请以登录名和密码登录，在“我的账号”关联统一身份认证。";
    LoginLinked "Sign in at the provider with your own login; to move the link, end it at the other account first." "请以本人的身份登录统一身份认证；如需转移，请先在原账号解除关联。";
    LoginLinkExists "End the present link first; its sessions end with it." "请先解除现有关联，相关会话随之结束。";
    SecondPersonNeeded "Have the identity checked by somebody else, and let another administrator of the court or the operator grant the role." "请由其他人员完成实名核验，并由本院另一名法院管理员或者平台管理员授予角色。";
    NoSuchLoginLink "Look at the account in /admin: the link ended before, or is with another court." "请在账号管理页查看：关联已解除，或者属于其他法院。";
    NoLoginProvider "Check the court code; the operator configures the provider in the settings of the node (oidc)." "请核对法院代字；统一身份认证由平台管理员在节点配置（oidc）中设置。";
    NoRoleAtCourt "Grant the account a role of the court first." "请先授予该账号该院的角色。";
    NoPassword "Issue a token to the account: with it the holder sets the first password at `/activate`." "请为该账号签发令牌，由持有人在 /activate 首次设置密码。";
    LoginTaken "Choose another login name; if it is your own, sign in with it." "请改用其他登录名；如该账号属于本人，请直接登录。";
    WeakPassword "Choose 10 to 128 characters without the login name, like a sentence." "请设置 10 至 128 个字符且不含登录名的密码，例如一句话。";
    WrongPassword "Type the current password again; if it is forgotten, ask for a reset code." "请重新输入当前密码；忘记密码的，请申请重置码。";
    WrongOneTimeCode "Wait for the next code of the authenticator app, and check the clock of the device." "请等待身份验证器显示下一个口令后输入，并核对设备时间。";
    NoSecondFactor "Ask the operator for the reset code: without a second factor the code alone would open the account." "请向平台管理员申请重置码：未启用动态口令的账号仅凭重置码即可进入。";
    SecondFactorNeeded "Set up the second factor on the page of your account, and sign in with it." "请在“我的账号”启用动态口令后重新登录。";
    TokenExists "Send the request with a new idempotency key to issue another token." "如需另行签发令牌，请使用新的幂等键提交。";
    NoSuchAccount "Check the account id; the page of the accounts lists them." "请核对账号编号，可在账号管理页查找。";
    NoSuchToken "Check the token id; the page of the account lists the valid ones." "请核对令牌编号，有效令牌见账号页。";
    NoSuchGrant "Look at the roles of the account: the role was not granted, or ended before, or its administrator has left." "请查看该账号现有角色：该角色未授予或者已撤销，或者授予角色的法院管理员已离任。";
    NoSuchHook "Look at the webhooks of the court: it was removed, or the id is mistyped." "请查看该院已登记的事件推送：可能已取消或者编号有误。";
    HookExists "Nothing is to be done: the webhook is registered." "该事件推送已登记，无须重复登记。";
    GatewayExists "Remove the gateway of the court first, then register the new one." "请先取消该院现有的送达通道，再登记新的通道。";
    NoSuchIdentityProvider "Check the id; the operator lists providers under /admin/identity or with `case identity-provider list`." "请核对编号；平台管理员可在实名核验机构页或者用 case identity-provider list 查看。";
    NoSuchVerification "Begin the check again on the page of the account: an open one ends after a day, and with the next one." "请在账号页重新发起核验：未完成的核验一天后失效，重新发起时亦失效。";
    BeyondProvider "Send the method and at most the level with which the provider is registered, or register it anew." "请按登记的核验方式报送，级别不得高于登记级别；如需更改，请重新登记。";
    BadProviderSignature "Sign id, time and body with the key shown at the registration, and compare the provider's clock with the node's." "请以登记时显示的密钥对编号、时间和内容签名，并核对时钟。";
    NoSuchGateway "Look at the gateway of the court: it was removed, or the id is mistyped." "请查看该院已登记的送达通道：可能已取消或者编号有误。";
    BadGatewaySignature "Sign the exact body with the key of the gateway, and set the clock of the gateway right." "请以通道密钥对请求原文签名，并校正通道系统的时钟。";
    WebhookAddressRefused "Use a public https address, or have the operator allow the network with webhook-allow." "请使用公网 https 地址，或者请平台管理员以 webhook-allow 允许该网段。";
    NotListed "Look at the list of the court: the ledger was never listed, or was removed." "请查看该院名单：该账本未列入或者已移出。";
    CourtMismatch "Name the court for a role of a court, and none for any other role." "法院角色请填写法院代字，其他角色请留空。";
    NotOfTheRegistry "Send the act to the case that it belongs to." "请在所属案件中办理该操作。";
    TooManyTokens "Revoke tokens that are no longer used, then issue the new one." "请先撤销不再使用的令牌，再签发新令牌。";
    IssuingToken "Sign in again, or use a valid token of the account itself." "请重新登录，或者使用本账号的有效令牌签发。";
    TokenExceedsIssuing "Choose fewer scopes or fewer days than those of the issuing token." "请减少权限范围或者有效天数，不得超出签发所用的令牌。";
    TooManyGenerations "Issue the token from a session or from a token nearer to the first one." "请在登录后签发，或者使用层级较低的令牌签发。";
    TooManyKeys "Remove keys that are no longer used, then enrol the new one." "请先移除不再使用的公钥，再登记新公钥。";
    NotDurable "Send the same revocation again until it is recorded; the token is not accepted meanwhile." "请重新提交同一撤销请求直至记录完成；在此期间该令牌已不能使用。";
    // Cases.
    WrongStage "Look at the stage of the case: its page lists what can be done now and by whom." "请查看案件当前阶段，案件页列明现在可以办理的事项和办理人。";
    OutOfOrder "Complete the earlier step first; the page of the case names it." "请先完成前一事项，案件页列明待办事项。";
    NotOfACase "Do this on the pages of the administration, not in a case." "该事项请在管理页面办理，不在案件中办理。";
    SpecialAuthorityNeeded "Have the party do it, or file a power of attorney with special authority that names this act." "请由当事人本人办理，或者提交载明该事项的特别授权委托书。";
    OwnItem "Choose an item of another party; to add to your own, import supplementary evidence." "请选择对方证据质证；需补充己方证据的，请办理补充证据。";
    NotYours "Do this with the account of the party to whom it belongs." "请以该内容所属当事人的账号办理。";
    NoSuchParty "Look at the parties of the case, and name one of them." "请查看本案当事人名单后重新指明。";
    RoleNotOfCase "Name a role of this kind of proceeding and instance; the message lists them." "请按错误说明所列，选择本类案件、本审级的诉讼地位。";
    NoSuchAgent "Look at the agents of the case, and name one who still acts." "请查看本案代理人名单后指明仍在任的代理人。";
    NoSuchCode "Compare the code with the one that the court sent; ask the clerk for a new one if need be." "请与法院发送的关联码核对；必要时请书记员重新生成。";
    NoSuchItem "Look at the evidence list of the case, and name an item of it." "请查看本案证据清单后重新指明证据。";
    NoSuchDeposit "Check the number; deposit the document on this platform first." "请核对编号；该文件应先在本平台存证。";
    NotNext "Load the page again, and use the number after the last one." "请刷新页面，使用最后一个序号之后的序号。";
    AlreadyInTheCase "Nothing is to be done: open the case from the list of your cases." "该账号已参加本案，请从案件列表进入。";
    TooManyAgents "End an agency of the party first, then appoint the new agent." "请先解除一名代理人的委托，再委托新的代理人。";
    CodeUsedUp "Ask the clerk of the court for a new association code." "请向书记员申请新的关联码。";
    CodeExpired "Ask the clerk of the court for a new association code." "请向书记员申请新的关联码。";
    TooManyCodes "Wait for the time that the message names; check the code with the clerk before the next attempt." "请在所示时间之后重试，并先与书记员核对关联码。";
    PartyTaken "Ask the clerk, who ends an association with a wrong account." "请联系书记员核实；关联有误的，由书记员解除关联后重新关联。";
    NotAssociated "Nothing is to be done: issue an association code for the party." "无须解除；可为该当事人生成关联码。";
    ItemLocked "Import the changed document as supplementary evidence, and explain it there." "请将更改后的材料作为补充证据提交并说明。";
    ItemWithdrawn "Look at the item that replaced it, and act upon that one." "请查看替换后的证据，对其办理。";
    EmptyReply "State an opinion on authenticity, legality, relevance or probative value." "请就真实性、合法性、关联性或者证明力填写意见。";
    SeveralCases "Name the case by its id, which its page shows." "请改用案件页所示的案件代号。";
    OtherItemVersion "Load the page again, read the present version, and reply to it." "请刷新页面，阅读现版本后重新发表质证意见。";
    OtherDeposit "Compare the number with the evidence list, and verify the item that has it." "请与证据清单核对存证编号，对相应证据办理。";
    NoMediation "Nothing is to be consented to: use the item in the suit as it is." "该材料并非调解材料，无须同意，可直接使用。";
    NothingCarried "Import the evidence as any other; only a case that continues another carries evidence over." "请按一般方式导入证据；仅承接其他案件的案件可以转入证据。";
    AlreadyPassedOn "Open the later case, which the page of this case names, and continue there." "请在本案页面所示的后续案件中继续办理。";
    OtherCourt "Check the court code in the case number; file it at the court that it names." "请核对案号中的法院代字，在相应法院办理。";
    TooManyActs "Tell the operator: a case has room for a fixed number of acts." "请联系平台管理员，每案操作数量有固定上限。";
    NotInTheCase "Name an item of this case, or an account of one of its parties or agents." "请指明本案的证据，或者本案当事人、代理人的账号。";
    OfOtherLedger "Ask the platform of that ledger, which keeps the private content." "请向保存该信息的其他账本平台办理。";
    AlreadyImported "Look at the evidence list: the deposit is there already under another item." "请查看证据清单，该存证已在清单中。";
    RulesVersion "Do it in the way of the older rules, or outside of the platform." "请按较早版本的规则办理，或者在平台之外办理。";
    NotAppointable "Have the operator grant this role to the account; it is not given for one case." "请由平台管理员授予该角色，该角色不以个案指派。";
    NotAppointed "Look at who is appointed in the case, and name that account." "请查看本案已指派的人员后重新指明。";
    NotToday "State today's date as the day of the objection." "请将异议日期填写为提出当日。";
    MediationMaterial "Obtain the consent of all parties on the page of the mediation first." "请先在调解页面取得各方同意。";
    LedgerNotListed "Ask the court to list that ledger, or deposit the file on this platform." "请申请法院将该账本列入名单，或者在本平台另行存证。";
    BrokenReceipt "Fetch the receipt from its platform again, and upload it unchanged." "请向原平台重新取得回执，并原样上传。";
    NoSuchService "Look at the service records of the case, and name one of them." "请查看本案送达记录后重新指明。";
    NoSuchAttempt "Look at the attempts of the service record, and name one of them." "请查看该送达记录的发送情况后重新指明。";
    NoSuchAddress "Enter the address for service first, or name one that is listed." "请先登记送达地址，或者指明已登记的地址。";
    AddressNotInForce "Choose an address that this recipient has confirmed and that is in force." "请选择该受送达人确认且有效的送达地址。";
    AddressNotActive "Use an address with evidence of activity within the last three months, or another mode of service." "请使用近三个月内活跃的地址，或者改用其他送达方式。";
    WrongChannel "Choose the channel that fits the address and the mode of the service record." "请选择与地址和送达方式相符的渠道。";
    ServiceConsentMissing "Obtain the recipient's consent to electronic service first, or serve in another way." "请先取得受送达人对电子送达的同意，或者改用其他方式送达。";
    ServiceConsentRefused "Serve the document in another way." "请改用其他方式送达。";
    ServiceProofNeeded "State the deposit number of the document, or the reason, on which this rests." "请填写所依据文书的存证编号或者理由。";
    ConsentClickNeeded "Record the digest of the text that was shown, and who ticked the box." "请记录所展示文本的摘要以及勾选人。";
    ServiceDays "State the days of a notice of the evidence period; leave them out for documents whose periods the law sets." "送达举证通知书的，请填写文书载明的期限（日）；期限由法律规定的文书，请不填写。";
    ServiceReportTime "State the time at which it happened, after the sending and not in the future." "请填写实际时间，不得早于发送时间或者晚于现在。";
    ServiceReported "Nothing is to be done: the step is on record." "该状态已登记，无须重复登记。";
    ServiceReportWrong "Look at the steps of this channel, and report the one that happened." "请查看该渠道的送达状态种类后如实登记。";
    ServiceNotSent "Send the document first, then record its result." "请先发送文书，再登记结果。";
    ServicePartyItself "Have the party, or the receiver whom it named, confirm the receipt." "请由当事人本人或者其指定的代收人签收。";
    ServiceObjected "Decide on the pending objection first." "请先处理待决的异议。";
    ServiceNotObjected "Look at the service record: no objection is pending, or it was decided." "请查看送达记录：没有异议或者异议已处理。";
    ServiceNotEffective "Wait until the service has taken effect, then fetch the certificate." "请待送达生效后再取得送达凭证。";
    ServiceCertificateDiffers "Fetch the certificate of this record again, and deposit that one." "请重新取得该送达记录的凭证后存证。";
    ServiceNotBeside "Choose the same recipient and document, and another mode." "并行送达请选择同一受送达人、同一文书和不同方式。";
    HeldByACase "Ask the court that holds the content to release it; then erase it." "请向决定暂停删除的法院申请解除，然后再删除。";
    NothingToHold "Check the number: there is no private content that a hold could keep." "请核对编号，该内容已删除或者未由本平台保存。";
    HoldNamesNothing "Name either one deposit number or one account." "请指明一个存证编号或者一个账号。";
    HeldAlready "Nothing is to be done: the hold is in force." "暂停删除已生效，无须重复办理。";
    NotHeld "Look at the holds of the case: there is none on this content, or it ended." "请查看本案的暂停删除决定：该内容未被暂停或者已解除。";
    // Transcripts and mediation.
    NoSuchPaper "Name one transcript or one agreement, after its first version was recorded." "请指明一份已登记版本的笔录或者调解协议。";
    NoSuchTranscript "Look at the transcripts of the case, and name one of them." "请查看本案笔录后重新指明。";
    NoSuchAgreement "Look at the agreements of the case, and name one of them." "请查看本案调解协议后重新指明。";
    NoSuchRound "Look at the confirmation rounds of the case, and name one of them." "请查看本案确认轮后重新指明。";
    NoSuchCorrection "Look at the requests for correction of the transcript, and name one of them." "请查看该笔录的补正申请后重新指明。";
    NoSuchHearing "Look at the hearings of the case, and name one of them." "请查看本案庭审后重新指明。";
    NoHearing "Begin the hearing first, or name the hearing in the transcript." "请先开庭，或者在笔录中指明庭审。";
    HearingNotEnded "Adjourn or end the hearing first." "请先休庭或者结束庭审。";
    NotInTheSession "Record that the participant has entered the session first." "请先登记该参与人进入在线活动。";
    RecordingClosed "Record further segments under a new recording." "请以新的庭审录像登记后续分段。";
    SegmentOrder "Correct the times: a segment begins when the one before it has ended." "请更正起止时间，后一分段不得早于前一分段结束。";
    ManifestDiffers "Compute the manifest anew from the recorded segments, in their order." "请按已登记分段的次序重新生成清单。";
    IdentityStale "Have the identity checked again for this session, then confirm." "请为本次活动重新核验身份后再确认。";
    VersionSuperseded "Load the page again, and act upon the latest version." "请刷新页面，对最新版本办理。";
    OtherDigest "Load the document again, read it, and confirm its present digest." "请重新打开文件阅读，并确认其现有摘要。";
    NotOnTheList "Ask the clerk to begin a round whose list names you." "请联系书记员发起包含本人的确认轮。";
    AlreadyConfirmed "Nothing is to be done: the confirmation is on record." "确认已记录，无须重复办理。";
    NotConfirmed "Look at the round: there is no confirmation of this person." "请查看确认情况，该人员尚未确认。";
    NotWithdrawable "Request a correction of the transcript instead." "请改为申请补正笔录。";
    AlreadyInForce "The agreement binds; what the law allows against it is done in a case of its own." "协议已生效；依法可以提出的请求请另行办理。";
    RoundOpen "Wait for those who are missing, or remind them; the page of the round lists them." "请等待或者催促尚未确认的人员，名单见确认页。";
    RoundOver "Begin a new round if another confirmation is needed." "需要再次确认的，请发起新的确认轮。";
    SignersMissing "Add those whom the message names to the list." "请将错误说明所指人员加入名单。";
    SignerTwice "Keep each person once on the list." "请删除名单中的重复人员。";
    PanelOnly "Put the members of the panel and the clerk on the list, and nobody else." "名单中仅保留合议庭成员和书记员。";
    MethodNotOpen "Choose a method that is open to this person; the page of the round lists them." "请选择该人员可用的确认方式，见确认页。";
    ScanNeeded "Deposit the scan of the signed paper, and state its number." "请将线下签名扫描件存证，并填写其存证编号。";
    CorrectionPending "Decide on the request for correction first." "请先处理补正申请。";
    CorrectionDecided "Read the decision; a new request states new reasons." "请查看处理结果；另有理由的，请重新申请。";
    TranscriptFinal "Record an amendment as a transcript of its own." "需要补充的，请另行制作笔录。";
    MachineText "Have the clerk check the text, and record it as the clerk's version." "请书记员核对后作为书记员版本登记。";
    NotToBeSigned "Ask the clerk to begin the round on the latest version." "请书记员就最新版本发起确认。";
    WindowOver "The period has ended; apply to the court where the law allows it." "期限已届满；依法可以申请的，请向法院提出。";
    MediationNotBegun "Wait until a mediator has accepted, or all parties have agreed." "请待调解员接受或者各方同意调解后办理。";
    MediationBegun "Nothing is to be done: continue with the mediator who has accepted." "请由已接受调解的调解员继续办理。";
    MediationOver "Begin a new mediation if the parties agree to it." "各方同意的，请另行开始调解。";
    SigningNotAgreed "Obtain the agreement of all parties to confirm online, or have them sign on paper." "请先征得各方同意在线确认，或者改为线下签名。";
    OtherTrack "Use the act that belongs to this kind of agreement." "请使用与该类调解协议相应的操作。";
    NotSigned "Wait until all parties have signed the agreement." "请待各方全部签署后办理。";
    NoSuchEnd "Choose the reason that fits what is on record." "请选择与调解记录相符的终止理由。";
    NoticesNeeded "Read and confirm the notices before filing, then submit the complaint." "请先阅读并确认诉前须知，然后提交起诉状。";
    DefendantNeeded "Add at least one defendant, then submit the complaint." "请至少添加一名被告，然后提交起诉状。";
    // Decisions, appeals and hand-overs.
    PowerOfAttorneyNeeded "Deposit the power of attorney, and state its number." "请将授权委托书存证，并填写其存证编号。";
    PowersNotNamed "List the acts for special authority; leave the list empty for general authority." "特别授权请列明授权事项；一般授权请留空。";
    NotAssigned "Have the assigned judge or a member of the panel do this." "请由承办法官或者合议庭成员办理。";
    DocumentNeeded "Deposit the document, and state its number." "请将裁判文书存证，并填写其存证编号。";
    DecisionRecorded "Nothing is to be done: the decision is on record." "该裁判已记录，无须重复登记。";
    PanelNotOdd "Name three, five or seven members." "请指定三名、五名或者七名等单数成员。";
    FormerPanel "Name judges and people's assessors who did not hear the case before; `course.former_judges` of the case lists those who did." "请另行指定未审理过本案的审判人员；此前审理过本案的人员见案件信息的 course.former_judges。";
    PanelNeeded "Have the court form a new panel with `form-panel`, then record the judgment." "请先以“组成合议庭”另行组成合议庭，再登记判决。";
    Recused "Have another member of the court do this, or name another judge, assessor or clerk; a party or agent acts from an account that has not acted for the court in the case." "请由未参与本案诉讼的其他审判人员、书记员等办理，或者另行指定人员；已在本案中履行法院职责的账号不得再以当事人或者诉讼代理人身份办理。";
    RelationshipNeeded "State the document in `relationship`, such as a household register or an appointment of the guardian, and leave `power` and `special` out." "请在 relationship 中填写户口簿、监护人指定书等监护关系证明，power 与 special 留空。";
    NoStatutoryAgent "Let an organisation act through its own account, or appoint an agent with a power of attorney." "法人和非法人组织请以本单位账号办理，或者委托诉讼代理人。";
    StatutoryAgency "Ask the court to record it: the clerk adds a statutory agent or ends the agency." "请由人民法院书记员登记法定代理人或者其终止。";
    ThroughStatutoryAgent "Let the statutory agent do it; if the party has gained capacity, the court ends the statutory agency." "请由法定代理人办理；当事人已取得诉讼行为能力的，请人民法院登记法定代理终止。";
    OtherAct "Use the act that the message names." "请改用错误说明所指的操作。";
    WithdrawalPending "Wait for the ruling of the court." "请等待人民法院裁定。";
    NothingToRuleOn "Look at the case: no application or objection awaits a ruling." "请查看案件：没有待裁定的申请或者异议。";
    RemandedBefore "Decide the appeal after finding the facts, by article 177." "请查清事实后依法改判或者作出其他裁判（民事诉讼法第一百七十七条）。";
    DecisionForm "Against a judgment, give a judgment or remand, by article 177; against a ruling, rule to uphold, set aside or direct, by article 178." "对判决的上诉，以判决处理或者裁定发回重审（民事诉讼法第一百七十七条）；对裁定的上诉，以裁定处理（第一百七十八条）。";
    InstanceEnded "Only the correction of clerical errors and preservation are ruled on after the end of the instance." "本审级结束后，仅可裁定补正笔误、保全或者先予执行。";
    TransferredBefore "Report to the higher court, which designates the competent court." "请报请上级人民法院指定管辖。";
    NotSecondInstance "Do this in the case of the second instance." "请在第二审案件中办理。";
    NoSuchAppeal "Look at the appeals of the case, and name one of them." "请查看本案上诉后重新指明。";
    NoSuchDecision "Look at the decisions of the case, and state the number of one of them." "请查看本案裁判文书后填写其存证编号。";
    NoAppeal "The law allows no appeal here; other remedies are sought as the document says." "依法不准上诉；其他救济途径以裁判文书所载为准。";
    AppealedBefore "Nothing is to be done: the appeal of this party is on record." "该当事人的上诉已记录，无须重复提起。";
    AppealAgainstNobody "Name at least one party other than the appellant as appellee." "请至少列明一名上诉人以外的当事人为被上诉人。";
    NothingToWithdraw "Look at the appeals of the case: there is none of this party, or it was withdrawn." "请查看本案上诉：该当事人没有上诉或者已经撤回。";
    NoSuchHandOver "Check the number of the hand-over; the page of the case lists them." "请核对移交编号，移交记录见案件页。";
    HandedOver "Wait until the receiving court accepts or returns the dossier." "请等待接收法院接收或者退回案卷。";
    DocumentIncomplete "Correct pages or deposit number of the document that the message names." "请更正错误说明所指材料的页数或者存证编号。";
    SameCourt "Name another court than the sending one." "请指明移交法院以外的接收法院。";
    DossierDiffers "Compare the two manifests, and return the dossier with the differences." "请比对两份清单，载明差异后退回案卷。";
    ManifestEqual "Accept the dossier: both manifests agree." "清单相符，请接收案卷。";
    OnPaper "State that the paper documents follow with the dossier." "请勾选随案移送纸质材料。";
    NotTheOrigin "Name the court from which the case came." "请指明移交本案的法院。";
    NotAppealed "Look at the appeals of the case: none is to be sent." "请查看本案上诉：没有待报送的上诉。";
    NoGround "Record the ground of the hand-over first: an appeal, a ruling or a designation." "请先登记移交依据，如上诉、裁定或者指定管辖决定。";
    DecisionNotInForce "Serve the ruling on every party, and wait until the period to appeal has passed." "请向全部当事人送达该裁定，并待上诉期届满后再移送。";
    AppealPending "Wait for the decision on the appeal against the ruling." "请等待对该裁定的上诉审结。";
    HandOverState "Look at the state of the hand-over: its page lists what can be done now." "请查看移交的当前状态和可办理事项。";
    NotPassedOn "Check the number of the case of the second instance." "请核对第二审案件的编号。";
    ReasonNeeded "State the reason, and send it again." "请填写理由后重新提交。";
    BeingTakenOver "Wait until the case has been taken over, then try again." "请待案件接收完成后重试。";
    CourtPairExists "Nothing is to be done: the court of appeal is on the list." "该上诉法院已登记，无须重复登记。";
    NoCourtPair "Have the operator set the court of appeal first." "请先由平台管理员登记上诉法院。";
    // Evidence period and calendar.
    PeriodEnded "Import the item as late evidence with the reason, or apply for another period." "请说明理由后逾期提交，或者申请重新指定期限。";
    PeriodNotSet "Set the evidence period first." "请先指定举证期限。";
    PeriodAlreadySet "Extend the period, or set it anew on a ground of the law." "请办理延长，或者依法定事由重新指定举证期限。";
    PeriodTooShort "Name at least the number of days that the message names." "请指定不少于提示所示日数的期限。";
    PeriodTooLong "Name at most the number of days that the message names." "请指定不超过提示所示日数的期限。";
    PeriodSuspended "Resume the period first." "请先恢复举证期限。";
    PeriodNotSuspended "Look at the period: it is running, or has ended." "请查看举证期限：正在进行或者已届满。";
    PeriodOutOfOrder "State a day that is not earlier than the last one on record." "请填写不早于已有记录的日期。";
    PeriodNotLater "State an end that is later than the present one." "请填写晚于原届满日的日期。";
    PeriodExchangeTooEarly "State a day of exchange after the start of the period." "请填写晚于起算日的证据交换日。";
    PeriodOutOfRange "Check the year, month and day." "请核对年、月、日。";
    PeriodBasis "Choose the basis that fits the procedure of this case." "请选择与本案程序相符的依据。";
    PeriodInThePast "Choose a start or a length so that the period ends in the future." "请调整起算日或者日数，使届满日晚于今日。";
    PeriodNeedsParty "Name the party whose day of service counts." "请指明以其送达日期起算的当事人。";
    PeriodNeedsGround "State the ground of the law on which the period is set anew." "请选择重新指定举证期限的法定事由。";
    PeriodNeedsStart "State the day on which the period starts." "请填写起算日。";
    NoEvidencePeriod "Nothing is to be set: cases of this kind have no evidence period." "该类案件不适用举证期限，无须指定。";
    CourtOnly "Have the court record this." "请由人民法院记录。";
    DayMismatch "State the day on which the act was done." "请填写行为当日的日期。";
    NotLate "Nothing is to be decided: the item came in time." "该证据按期提交，无须决定。";
    ReasonNotRequired "Order the party to state the reason first, then decide." "请先责令当事人说明理由，再作决定。";
    FineOutOfRange "Name an amount within the bounds that the message names." "请在错误说明所示幅度内填写罚款金额。";
    FineMismatch "State the amount with a fine, and leave it out with any other decision." "罚款决定请填写金额，其他决定请留空。";
    AlreadyApplied "Wait for the decision on the pending application." "请等待对已有申请的决定。";
    WindowNotNamed "Look at the periods of the case, and name the one that is meant (`about` in requests)." "请查看案件的期限，指明其中一项（请求中以 about 指明）。";
    NoSuchWindow "Look at the periods of the case, and name one that has begun and is not completed." "请查看案件的期限，指明已经起算且尚未完成的一项。";
    NoApplication "Look at the period: no application awaits a decision." "请查看该期限：没有待决定的申请。";
    OnlyFirstInstance "Do this in a case of the first instance." "请在第一审案件中办理。";
    ProcedureConversion "Choose a procedure into which the present one can be converted." "请选择依法可以转换的程序。";
    PurposeMismatch "Choose the purpose that fits whose item it is." "请按证据属于对方还是己方选择用途。";
    WindowNotForKind "Nothing is to be changed: the law sets this period." "该期限由法律规定，不能变更。";
    WindowLength "State a length within the bounds that the message names." "请在错误说明所示范围内填写期限。";
    WindowNeedsTime "State the time of the day at which the period begins." "请填写起算时刻。";
    WindowNotBegun "Wait until the event has occurred with which the period begins." "请待起算事由发生后办理。";
    WindowBegun "Nothing is to be done: the period is running." "该期限已经起算，无须重复办理。";
    WindowClosed "Nothing is to be done: what the period was for is done." "该期限所涉事项已完成，无须办理。";
    CalendarYear "State a year from 1970 to 9999." "请填写 1970 至 9999 年。";
    CalendarRepeatedYear "Load each year once in one request." "同一请求中每个年度只载入一次。";
    CalendarOtherYear "Move the day to the year to which it belongs." "请将该日期移至所属年度。";
    CalendarRepeatedDay "Keep each day once." "请删除重复的日期。";
    CalendarNotWeekend "State only Saturdays and Sundays as make-up working days." "调休上班日只能填写周六、周日。";
    CalendarRestTooLong "Compare the days with the announcement of the State Council." "请与国务院办公厅公布的安排核对日期。";
    // Originals and erasure.
    CustodyMismatch "Upload the very file that was deposited, unchanged." "请上传存证时的原文，不得改动。";
    CustodyTaken "Nothing is to be done: the original is in custody." "原文已在保管中，无须重复上传。";
    NoOriginal "Ask the depositor for the file; the platform keeps only what was given into custody." "请向存证人索取原文；平台仅保存已交付保管的原文。";
    EmptyOriginal "Choose the file that was deposited: an empty one cannot be." "请选择存证时的文件，空文件不能存证。";
    SaltNeeded "Send the salt that was kept with the receipt." "请一并提交随回执保存的盐值。";
    AccountQuotaExceeded "Erase originals that are no longer needed, or ask the operator for more space." "请删除不再需要的原文，或者向平台管理员申请扩容。";
    CustodyFull "Tell the operator, who gives custody more space; the deposit itself is not affected." "请通知平台管理员扩容；存证本身不受影响。";
    Erased "The private content is gone for good; what is on the chain still verifies." "非公开信息已永久删除；链上记录仍可核验。";
    ErasedAlready "Nothing is to be done: follow the state of the earlier erasure." "此前已删除，可查询该次删除的进度。";
    NotErased "Check the number: nothing of this deposit was erased." "请核对编号，该存证的非公开信息未被删除。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_one_sentence_in_each_language() {
        for code in ErrorCode::ALL {
            let (en, zh) = (code.advice(), code.advice_zh());
            assert!(en.is_ascii() && en.ends_with('.') && !en.contains(". "), "{code}: {en}");
            assert!(zh.ends_with('。') && zh.matches('。').count() == 1, "{code}: {zh}");
            assert!(en.len() > 15 && zh.chars().count() > 6, "{code}");
            assert!(!zh.contains(','), "{code}: {zh}");
            assert!(![en, zh].iter().any(|text| text.contains(['<', '>', '&', '"', '|'])), "{code}: no markup");
            assert_ne!(en.trim_end_matches('.'), code.title(), "{code}: the title says what failed");
        }
    }
}
