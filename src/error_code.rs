//! The stable codes of all errors that the HTTP API returns: one table with the status and the titles of each.
//!
//! Every error type that can reach an HTTP response maps its values to an [`ErrorCode`]. The problem details (RFC 9457), the
//! OpenAPI description, the client and `docs/errors.md` are generated from the table.
//!
//! # Invariants
//!
//! Each code is a row of the table, so no code lacks a status or titles; `advice` has a sentence for each in the same way. Codes
//! are stable: a client may rely on one for as long as `/v1` exists.
//!
//! Not here: audit findings, steps and reasons of verification reports, and errors of the command line. They are not problem
//! details, and their codes are strings.

use std::fmt;

mod advice;

/// A section of the documentation: its title in English, its title in Chinese, and its codes.
pub type Section = (&'static str, &'static str, &'static [ErrorCode]);

macro_rules! error_codes {
    ($($section:literal $section_zh:literal {
        $($variant:ident $code:literal $status:literal $title:literal $title_zh:literal;)*
    })*) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[doc = concat!("`", $code, "`: ", $title, ".")] $variant,)*)*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$($(Self::$variant,)*)*];

            /// All codes by section, as the documentation lists them.
            pub const SECTIONS: &[Section] = &[$(($section, $section_zh, &[$(Self::$variant,)*]),)*];

            /// The spelling of the code in problem details.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $code,)*)* }
            }

            /// Parses [`Self::as_str`]; `None` for a code that this version does not know.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($($code => Some(Self::$variant),)*)* _ => None }
            }

            /// The HTTP status of a response with this code, 400 to 599.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $($(Self::$variant => $status,)*)* }
            }

            /// The title in English.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $($(Self::$variant => $title,)*)* }
            }

            /// The title in Chinese.
            #[must_use]
            pub const fn title_zh(self) -> &'static str {
                match self { $($(Self::$variant => $title_zh,)*)* }
            }
        }
    };
}

error_codes! {
    "Requests" "请求" {
        BadPath "bad_path" 400 "invalid path parameter" "路径参数无效";
        BadQuery "bad_query" 400 "a query parameter is missing, unknown or invalid" "查询参数缺失、未知或无效";
        BadCursor "bad_cursor" 400 "the cursor does not belong to this list" "分页游标无效";
        UnrecognisedQuery "unrecognised_query" 400 "neither a deposit number nor a hash nor a block height" "无法识别：不是存证编号、哈希值或区块高度";
        MistypedNumber "mistyped_number" 400 "the deposit number is mistyped" "存证编号有误，请核对后重新输入";
        BadHost "bad_host" 400 "the request does not name exactly one valid host" "请求的 Host 字段缺失、重复或无效";
        Misdirected "misdirected" 421 "the request uses a scheme that this listener does not serve" "请求的协议与本监听端口不符";
        RateLimited "rate_limited" 429 "rate limit exceeded; send the same request again later" "请求过于频繁，请稍后重新提交";
        NotFound "not_found" 404 "not found" "查无此记录";
        NoSuchRoute "no_such_route" 404 "no such page or route" "页面或者接口不存在";
        MethodNotAllowed "method_not_allowed" 405 "method not allowed for this route" "该接口不支持此请求方法";
        NotAcceptable "not_acceptable" 406 "not available in the requested media type" "不提供所要求的格式";
        BodyTimeout "body_timeout" 408 "the request body arrived too slowly" "请求内容传输过慢";
        BodyBroken "body_broken" 400 "the request body was interrupted" "请求内容中断";
        BodyTooLarge "body_too_large" 413 "the request body is too large" "请求内容过大";
        BatchTooLong "batch_too_long" 413 "the batch has too many entries" "批量请求条数过多";
        BatchStalled "batch_stalled" 408 "the batch sent no deposits while other batches waited" "批量请求长时间未提交有效存证，已让位于其他请求";
        PartialBody "partial_body" 400 "partial request bodies are not accepted" "不支持分段提交请求内容";
        UnsupportedContentEncoding "unsupported_content_encoding" 415 "encoded request bodies are not accepted; send the body unencoded" "不支持对请求内容进行压缩或编码，请原样提交";
        UnsupportedTransferEncoding "unsupported_transfer_encoding" 501 "transfer coding not supported; send the body unencoded" "不支持此传输编码，请原样提交请求内容";
        UnsupportedMediaType "unsupported_media_type" 415 "content type not accepted by this route" "不支持的内容类型";
        MalformedJson "malformed_json" 400 "malformed JSON" "JSON 格式错误";
        UnexpectedJson "unexpected_json" 400 "the JSON has missing, unknown or wrongly typed fields" "JSON 内容不符合要求";
        IntegerTooLarge "integer_too_large" 400 "an integer exceeds 2^53 - 1, the largest that every JSON reader represents exactly" "整数超过 2^53 - 1，无法在 JSON 中精确表示";
        UnknownAlgorithm "unknown_algorithm" 400 "unknown hash algorithm" "未知的哈希算法";
        BadSalt "bad_salt" 400 "the salt is not 64 lower-case hex digits, or the deposit is not salted" "盐值应为 64 位小写十六进制，且仅用于加盐的存证";
        BadIdempotencyKey "bad_idempotency_key" 400 "the idempotency key is not 1 to 128 visible ASCII characters" "幂等键须为 1 至 128 个可见 ASCII 字符";
        RequestReused "request_reused" 409 "the idempotency key was used for another request" "该幂等键已用于另一请求";
        TextTooLong "text_too_long" 413 "a text is too long" "文本过长";
    }
    "Statements: text" "存证声明：文本" {
        InvalidUtf8 "invalid_utf8" 400 "the text is not UTF-8" "文本不是 UTF-8 编码";
        ControlCharacter "control_character" 400 "the text contains a control character" "文本含控制字符";
        MissingFinalNewline "missing_final_newline" 400 "the last line has no line feed" "末行缺少换行符";
        UnknownVersion "unknown_version" 400 "unknown kind or version of record" "未知的记录类型或版本";
        UnknownLine "unknown_line" 400 "unknown line" "含未知的行";
        RepeatedLine "repeated_line" 400 "repeated line" "有重复的行";
        MisorderedLine "misordered_line" 400 "a line is out of order" "行的次序有误";
        MissingLine "missing_line" 400 "a required line is missing" "缺少必要的行";
        WrongLength "wrong_length" 400 "a value has the wrong length" "值的长度有误";
        UpperCaseHex "upper_case_hex" 400 "hex digits must be lower-case" "十六进制须小写";
        BadValue "bad_value" 400 "invalid value" "值不符合要求";
        WeakDigest "weak_digest" 400 "the digest proves nothing: weak algorithm, or digest of empty content" "摘要无证明作用";
        WeakKey "weak_key" 400 "weak or malformed public key" "公钥过弱或格式有误";
        NotSorted "not_sorted" 400 "values are not sorted, or repeat" "值未排序或重复";
        TooManyLines "too_many_lines" 400 "too many lines of one name" "同名的行过多";
        StatementTooLong "statement_too_long" 413 "the statement is too long" "存证声明过长";
    }
    "Statements: signatures" "存证声明：签名" {
        MissingSignature "missing_signature" 400 "a signature is missing" "缺少签名";
        UnexpectedSignature "unexpected_signature" 400 "a signature does not belong to a key line" "签名与密钥行不对应";
        TooManySignatures "too_many_signatures" 400 "too many signatures" "签名过多";
        MalformedSignature "malformed_signature" 400 "malformed signature line" "签名行格式错误";
        BadSignature "bad_signature" 400 "a signature does not verify" "签名验证不通过";
    }
    "Private metadata" "非公开元数据" {
        MetadataNotCanonical "metadata_not_canonical" 400 "the metadata has no canonical form" "元数据无法规范化";
        MetadataWithoutName "metadata_without_name" 400 "the metadata has no name" "元数据缺少证据名称";
        MetadataTooLong "metadata_too_long" 413 "the metadata is too long" "元数据过长";
        PrivateMissingMeta "private_missing_meta" 400 "private metadata needs a meta line in the statement" "声明中缺少 meta 行";
        PrivateMismatch "private_mismatch" 400 "the meta line commits to other metadata" "元数据与声明中的承诺不符";
    }
    "Deposits" "存证" {
        DepositByTokenOnly "deposit_by_token_only" 403 "deposits are accepted by token only" "本节点仅接受账号凭令牌提交的存证";
        KeyNotEnrolled "key_not_enrolled" 403 "no key of the statement is enrolled" "存证声明所用公钥未登记";
        WrongLedger "wrong_ledger" 422 "the statement is for another ledger" "声明指向另一账本";
        SubjectSequence "subject_sequence" 409 "not the next sequence number of the subject" "序号不连续";
        SubjectNotYours "subject_not_yours" 403 "the subject belongs to other keys" "该序列属于他人";
        LinkUnknown "link_unknown" 422 "a linked deposit does not exist" "关联的存证不存在";
        LinkNotYours "link_not_yours" 403 "a linked deposit belongs to another depositor" "关联的存证属于他人";
    }
    "The node" "节点" {
        Busy "busy" 503 "too many requests are waiting; send the same request again" "等待处理的请求过多，请稍后重新提交同一请求";
        TooManyConnections "too_many_connections" 503 "too many connections from this address" "来自该地址的连接过多，请关闭部分连接或稍后重试";
        TooManyFields "too_many_fields" 431 "too many header fields" "请求头字段过多";
        TlsRequired "tls_required" 403 "this port is for reverse proxies only; use the https address" "此端口仅供反向代理使用，请改用 https 地址";
        DiskFull "disk_full" 503 "the node's disk is full; send the same request again later" "节点磁盘空间不足，请稍后重新提交";
        TooManyOpenFiles "too_many_open_files" 503 "the node has no file descriptors left; send the same request again later" "节点文件描述符不足，请稍后重新提交";
        OutOfMemory "out_of_memory" 503 "the node has no memory left; send the same request again later" "节点内存不足，请稍后重新提交";
        TooManyThreads "too_many_threads" 503 "the node cannot start more threads; send the same request again later" "节点线程数已达上限，请稍后重新提交";
        ClockRegressed "clock_regressed" 503 "the node's clock is behind the last block; send the same request again later" "节点时钟早于最后区块，暂停存证，请稍后重新提交";
        ClockJumped "clock_jumped" 503 "the node's clock jumped ahead; send the same request again later" "节点时钟跳变，暂停存证，请稍后重新提交";
        ClockNotPaused "clock_not_paused" 409 "deposits are not paused because of the clock" "存证未因时钟而暂停，无须确认";
        WriteStalled "write_stalled" 503 "writing deposits has stalled" "存证写入停滞";
        QuorumTimeout "quorum_timeout" 504 "the deposit is on the chain; too few witnesses have cosigned in time" "存证已上链，但时限内见证签名数不足";
        WritingStopped "writing_stopped" 503 "writing has stopped until the operator restarts the node" "存证写入已停止，待运营人员处理";
        ShuttingDown "shutting_down" 503 "the node is shutting down; send the same request again" "节点正在关闭，请稍后重新提交";
        Unavailable "unavailable" 503 "storage cannot be read or written at the moment" "存储暂时无法读写";
        Damaged "damaged" 500 "stored data is damaged and was not served" "存储数据损坏，未予提供";
        Internal "internal" 500 "internal error" "节点内部错误";
    }
    "Witnesses and mirrors" "见证节点和镜像节点" {
        BadAddCheckpoint "bad_add_checkpoint" 400 "the add-checkpoint request or its checkpoint is malformed" "检查点提交请求或其检查点格式错误";
        CheckpointNotTrusted "checkpoint_not_trusted" 403 "the checkpoint is not signed by the key of the ledger that it names" "检查点未由其所属账本的密钥签名";
        UnknownLog "unknown_log" 404 "this witness does not follow the ledger" "本见证节点未跟随该账本";
        OldSizeDiffers "old_size_differs" 409 "the latest cosigned checkpoint has another size" "最近一次见证的检查点大小与请求不符";
        InconsistentCheckpoint "inconsistent_checkpoint" 422 "the checkpoint is not proven to extend the latest cosigned one" "未能证明该检查点是最近一次见证的检查点的延续";
        BlockTimeOutOfBounds "block_time_out_of_bounds" 422 "a new block has a time that this mirror does not accept" "新区块的时间不为本镜像节点所接受";
        LeavesNotHeld "leaves_not_held" 503 "this mirror does not hold all leaves of the checkpoint yet; send the same request again later" "本镜像节点尚未取得该检查点的全部记录，请稍后重新提交";
        WitnessClockBehind "witness_clock_behind" 503 "the clock of this witness is behind its last cosignature" "见证节点时钟早于其最近一次见证签名";
        CosigningStopped "cosigning_stopped" 503 "this witness has stopped cosigning the ledger until its operator acts" "见证节点已停止为该账本签名，待其运营者处理";
        ReadOnly "read_only" 405 "this is a mirror; send deposits to the node of the ledger" "本节点为只读镜像，请向账本节点提交存证";
    }
    "Accounts and tokens" "账号和令牌" {
        Unauthenticated "unauthenticated" 401 "a valid access token is required" "需要有效的访问令牌";
        CrossSite "cross_site" 403 "the form was not sent by a page of this site" "表单并非由本网站页面提交";
        ScopeNeeded "scope_needed" 403 "the token lacks the required scope" "令牌的权限范围不足";
        SignInNeeded "sign_in_needed" 403 "sign in to do this: no token is accepted for an account with a password" "该账号已设密码，须由本人登录后办理，不能凭令牌办理";
        OwnPasswordNeeded "own_password_needed" 403 "another person can sign in to the account: its holder must set a password first" "该账号未设密码，或者密码系凭他人签发的令牌、重置码设置，须由本人先重新设置";
        ForeignToken "foreign_token" 403 "the account has a valid token that another person issued" "该账号有他人签发且仍然有效的令牌";
        NotPermitted "not_permitted" 403 "not permitted for this role" "当前身份无权进行该操作";
        IdentityRequired "identity_required" 403 "an identity check is required first" "请先完成实名认证";
        AccountExists "account_exists" 409 "the account exists already" "账号已存在";
        AccountClosed "account_closed" 409 "the account was closed" "账号已注销";
        LoginRefused "login_refused" 401 "login name, password or one-time code is wrong, or the account is locked" "登录名、密码或动态口令不正确，或者账号已被锁定";
        NoPassword "no_password" 409 "the account has no password" "该账号未设置密码";
        LoginTaken "login_taken" 409 "the login name is taken" "该登录名已被使用";
        WeakPassword "weak_password" 422 "the password is too short, too long or easily guessed" "密码过短、过长或容易被猜到";
        WrongPassword "wrong_password" 403 "the current password is wrong" "当前密码不正确";
        WrongOneTimeCode "wrong_one_time_code" 403 "the one-time code is wrong or was used already" "动态口令不正确或已使用过";
        NoSecondFactor "no_second_factor" 403 "the account has no second factor in use" "该账号未启用动态口令";
        SecondFactorNeeded "second_factor_needed" 403 "this role needs a login with a second factor" "该角色须以双重验证登录";
        LoginState "login_state" 400 "the login did not begin in this browser, or it is over" "该登录并非由本浏览器发起，或者已结束";
        ProviderDenied "provider_denied" 403 "the identity provider refused the login" "统一身份认证拒绝了登录";
        ProviderUnavailable "provider_unavailable" 502 "the identity provider does not answer as it must" "统一身份认证未按规范应答";
        IdTokenRejected "id_token_rejected" 403 "the token of the identity provider was rejected" "统一身份认证出具的令牌未通过校验";
        LoginNotLinked "login_not_linked" 403 "no account is linked to this login of the identity provider" "该统一身份认证登录尚未关联账号";
        LoginLinked "login_linked" 409 "this login of the identity provider is linked to another account" "该统一身份认证登录已关联其他账号";
        LoginLinkExists "login_link_exists" 409 "the account is linked to a login at this court already" "该账号已关联该院的统一身份认证登录";
        SecondPersonNeeded "second_person_needed" 403 "a second person must grant this role" "授予该角色须由另一人办理";
        NoSuchLoginLink "no_such_login_link" 404 "the account is not linked to a login of this court's identity provider" "该账号未关联该院的统一身份认证登录";
        NoLoginProvider "no_login_provider" 404 "no identity provider is configured for this court" "该院未配置统一身份认证";
        NoRoleAtCourt "no_role_at_court" 422 "the account holds no role at this court" "该账号在该院没有角色";
        TokenExists "token_exists" 409 "the token exists already" "令牌已存在";
        NoSuchAccount "no_such_account" 404 "no such account" "账号不存在";
        NoSuchToken "no_such_token" 404 "no such token" "令牌不存在";
        NoSuchGrant "no_such_grant" 404 "the account does not hold this role, and it is not offered" "该账号未被授予此角色，也没有待接受的授予";
        NoSuchHook "no_such_hook" 404 "no such webhook" "事件推送未登记";
        HookExists "hook_exists" 409 "the webhook exists already" "事件推送已登记";
        GatewayExists "gateway_exists" 409 "the court has a gateway already" "该法院已登记送达通道";
        NoSuchIdentityProvider "no_such_identity_provider" 404 "no such provider of identity checks" "实名核验机构未登记";
        NoSuchVerification "no_such_verification" 404 "no identity check with this id is open" "没有该编号的待完成实名核验";
        BeyondProvider "beyond_provider" 422 "the provider is not registered for this method or level" "超出该实名核验机构登记的核验方式或者核验级别";
        BadProviderSignature "bad_provider_signature" 403 "the result is not signed by the provider, or its time is not now" "实名核验结果的签名或者时间不符";
        NoSuchGateway "no_such_gateway" 404 "no such gateway" "送达通道未登记";
        BadGatewaySignature "bad_gateway_signature" 403 "the report is not signed by the gateway, or its time is not now" "送达状态报告的签名或者时间不符";
        WebhookAddressRefused "webhook_address_refused" 422 "webhooks are not sent to this address" "不向该地址推送事件";
        NotListed "not_listed" 404 "the ledger is not on the court's list" "该账本不在法院名单中";
        CourtMismatch "court_mismatch" 422 "court roles are granted for one court, all other roles for none" "法院角色须指明法院，其他角色不得指明法院";
        NotOfTheRegistry "not_of_the_registry" 422 "this act does not belong to account administration" "该操作不属于账号管理";
        TooManyTokens "too_many_tokens" 409 "too many valid tokens" "有效令牌数量已达上限";
        IssuingToken "issuing_token" 403 "the issuing token is invalid, or belongs to another account" "用于签发的令牌无效或属于其他账号";
        TokenExceedsIssuing "token_exceeds_issuing" 422 "the token would exceed the scopes or lifetime of the issuing token" "令牌的权限范围或有效期超出签发令牌";
        TooManyGenerations "too_many_generations" 409 "the chain of tokens issued by tokens is too long" "令牌逐级签发的层级已达上限";
        TooManyKeys "too_many_keys" 409 "the account has enrolled too many keys" "该账号登记的公钥数量已达上限";
        NotDurable "not_durable" 503 "the revocation is in effect but not recorded yet; send it again" "撤销已生效但尚未记录，请重新提交";
    }
    "Cases" "案件" {
        WrongStage "wrong_stage" 409 "not permitted at this stage of the case" "案件当前阶段不能进行该操作";
        OutOfOrder "out_of_order" 409 "the act is out of order in this case" "操作次序有误";
        NotOfACase "not_of_a_case" 422 "this act does not belong to a case" "该操作不属于案件";
        SpecialAuthorityNeeded "special_authority_needed" 403 "the agent needs special authority for this" "该事项需要特别授权";
        OwnItem "own_item" 403 "a party cannot reply to its own item" "不能对己方提交的证据发表质证意见";
        NotYours "not_yours" 403 "this belongs to another party" "该内容属于其他当事人";
        NoSuchParty "no_such_party" 422 "no such party" "无此当事人";
        RoleNotOfCase "role_not_of_case" 422 "a case of this kind has no party in that role" "该类案件没有该诉讼地位";
        NoSuchAgent "no_such_agent" 422 "no such agent" "无此代理人";
        NoSuchCode "no_such_code" 422 "no such association code" "无此关联码";
        NoSuchItem "no_such_item" 422 "the request names an item that the case does not have" "请求所指的证据不在本案中";
        NoSuchDeposit "no_such_deposit" 422 "the number has not been deposited on this platform" "该编号尚未在本平台存证";
        NotNext "not_next" 409 "not the next number" "序号已被使用";
        AlreadyInTheCase "already_in_the_case" 409 "the account is a party or agent of the case already" "该账号已是本案当事人或代理人";
        TooManyAgents "too_many_agents" 409 "a party has at most two agents" "每名当事人至多委托二名诉讼代理人";
        CodeUsedUp "code_used_up" 409 "the association code is used up for this role" "关联码的使用次数已用完";
        CodeExpired "code_expired" 410 "the association code has expired" "关联码已过期";
        TooManyCodes "too_many_codes" 429 "too many wrong association codes; try again later" "关联码错误次数过多，请稍后再试";
        PartyTaken "party_taken" 409 "the party is associated with an account already" "该当事人已关联账号";
        NotAssociated "not_associated" 409 "no account is associated with the party" "该当事人尚未关联账号";
        ItemLocked "item_locked" 409 "evidence filed with the complaint cannot be edited or withdrawn" "起诉时提交的证据不能编辑和撤回";
        ItemWithdrawn "item_withdrawn" 409 "the item was withdrawn or replaced" "该证据已撤回或已被替换";
        EmptyReply "empty_reply" 422 "the reply is empty" "质证意见为空";
        SeveralCases "several_cases" 409 "several cases have this number" "有多个案件使用该案号，请改用案件代号";
        OtherItemVersion "other_item_version" 409 "the item was restated meanwhile: answer its present version" "该证据已修改，请查看现版本后再发表质证意见";
        OtherDeposit "other_deposit" 422 "the item stands for another deposit" "该证据对应其他存证编号";
        NoMediation "no_mediation" 409 "only material of a mediation needs consent" "仅调解材料需要同意";
        NothingCarried "nothing_carried" 409 "this case continues no other case, so no evidence is carried over" "本案并非承接其他案件，不能转入证据";
        AlreadyPassedOn "already_passed_on" 409 "the case was transferred this way already" "案件已按该方式转入后续案件";
        OtherCourt "other_court" 422 "the case number belongs to another court" "案号属于其他法院";
        TooManyActs "too_many_acts" 409 "the case has too many acts" "案件操作数量已达上限";
        NotInTheCase "not_in_the_case" 422 "neither an item of this case nor the account of a party or agent" "该存证编号不是本案证据，或该账号未参与本案";
        OfOtherLedger "of_other_ledger" 422 "deposited on another ledger; its private content is not kept on this platform" "该存证属于其他账本，其非公开信息未由本平台保存";
        AlreadyImported "already_imported" 409 "this party has imported the deposit into the case already" "该存证已作为该方当事人的证据导入本案";
        RulesVersion "rules_version" 409 "the case was opened under older rules, which do not have this act" "案件按较早版本的规则办理，该版本无此项操作";
        NotAppointable "not_appointable" 422 "this role is not appointed case by case" "该角色不以个案指派方式产生";
        NotAppointed "not_appointed" 409 "the account is not appointed in this role" "该账号未以此角色被指派";
        NotToday "not_today" 422 "an objection to jurisdiction takes effect on the day it is raised" "管辖异议以提出当日为准";
        MediationMaterial "mediation_material" 409 "offered in mediation, without consent to use it in litigation" "该材料系调解中提出，未经同意不得用于诉讼";
        LedgerNotListed "ledger_not_listed" 422 "the court does not accept deposits of that ledger" "该存证账本不在法院认可的名单中";
        BrokenReceipt "broken_receipt" 422 "the receipt does not verify" "存证回执校验未通过";
        NoSuchService "no_such_service" 422 "no such service record" "无此送达记录";
        NoSuchAttempt "no_such_attempt" 422 "the service record has no such attempt" "该送达记录无此次发送";
        NoSuchAddress "no_such_address" 422 "no such address for service" "无此送达地址";
        AddressNotInForce "address_not_in_force" 409 "the address is not in force for this party" "该送达地址已停用，或者不属于该受送达人";
        AddressNotActive "address_not_active" 422 "an address found by the court must have been active within the last three months" "人民法院查得的地址须为近三个月内处于日常活跃状态的地址";
        WrongChannel "wrong_channel" 422 "the channel fits neither the service record nor the address" "送达渠道与送达方式或者地址不符";
        ServiceConsentMissing "service_consent_missing" 409 "the recipient has not agreed to electronic service of this kind of document" "受送达人尚未同意以电子方式送达此类文书";
        ServiceConsentRefused "service_consent_refused" 409 "the recipient does not agree to electronic service" "受送达人不同意电子送达";
        ServiceProofNeeded "service_proof_needed" 422 "the document or the reason on which this rests is missing" "须注明所依据的文书编号或者理由";
        ConsentClickNeeded "consent_click_needed" 422 "an express consent names the text shown and who ticked the box" "明示同意须记录所展示文本的摘要及勾选情况";
        ServiceDays "service_days" 422 "the number of days does not fit this kind of document" "文书载明的期限天数与文书种类不符";
        ServiceReportTime "service_report_time" 422 "the reported time lies before the sending or in the future" "所报时间早于发送时间或者晚于当前时间";
        ServiceReported "service_reported" 409 "this step was reported already" "该送达状态已登记";
        ServiceReportWrong "service_report_wrong" 422 "this step cannot be reported so for this channel" "该渠道不能如此登记送达状态";
        ServiceNotSent "service_not_sent" 409 "nothing was sent yet under this service record" "该送达记录尚未发送";
        ServicePartyItself "service_party_itself" 403 "a mediation statement is received by the party itself or its named receiver" "调解书应由当事人本人或者其指定的代收人签收";
        ServiceObjected "service_objected" 409 "an objection to this service is pending" "对该送达的异议尚待处理";
        ServiceNotObjected "service_not_objected" 409 "no objection to this service is pending" "该送达无待处理的异议";
        ServiceNotEffective "service_not_effective" 409 "the service has not taken effect" "该送达尚未生效";
        ServiceCertificateDiffers "service_certificate_differs" 409 "the certificate differs from the service record" "送达凭证与送达记录不符";
        ServiceNotBeside "service_not_beside" 422 "the record beside it has another recipient or document, or the same mode" "并行的送达记录须为同一受送达人、同一文书、不同方式";
        HeldByACase "held_by_a_case" 409 "a court has suspended this erasure until it releases the content" "法院已决定暂停删除该内容，解除前不能删除";
        NothingToHold "nothing_to_hold" 422 "no private content to hold: erased, or never kept on this platform" "没有可暂停删除的内容：该内容已删除，或者从未由本平台保存";
        HoldNamesNothing "hold_names_nothing" 422 "a hold names one deposit or one account" "须指明一个存证编号或者一个账号";
        HeldAlready "held_already" 409 "the case has suspended this erasure already" "本案已暂停删除该内容";
        NotHeld "not_held" 409 "the case has not suspended this erasure" "本案未暂停删除该内容";
    }
    "Transcripts and mediation" "笔录和调解" {
        NoSuchPaper "no_such_paper" 422 "name one transcript or one agreement that has a version" "请指明一份已有版本的笔录或者调解协议";
        NoSuchTranscript "no_such_transcript" 422 "no such transcript in this case" "本案无此笔录";
        NoSuchAgreement "no_such_agreement" 422 "no such agreement in this case" "本案无此调解协议";
        NoSuchRound "no_such_round" 422 "no such confirmation round in this case" "本案无此确认轮";
        NoSuchCorrection "no_such_correction" 422 "no such request for correction" "无此补正申请";
        NoSuchHearing "no_such_hearing" 422 "no such hearing in this case" "本案无此次庭审";
        NoHearing "no_hearing" 409 "no hearing is in session, or the transcript names none" "当前未在庭审中，或者笔录未指明庭审";
        HearingNotEnded "hearing_not_ended" 409 "the hearing has not ended yet" "庭审尚未结束";
        NotInTheSession "not_in_the_session" 409 "the participant has not entered this session" "该参与人未进入该在线活动";
        RecordingClosed "recording_closed" 409 "the manifest of the recording is fixed" "庭审录像清单已固定";
        SegmentOrder "segment_order" 422 "the segment begins before the previous one ends, or ends before it begins" "录像分段的起止时间有误";
        ManifestDiffers "manifest_differs" 422 "the manifest is not that of the recorded segments" "录像清单与已登记的分段不一致";
        IdentityStale "identity_stale" 403 "an identity check made for this session is needed" "须为本次活动重新进行实名核验";
        VersionSuperseded "version_superseded" 409 "a newer version has replaced this one" "该版本已被新版本取代";
        OtherDigest "other_digest" 409 "the digest is not that of the document to be confirmed" "所确认的摘要与待确认文件不一致";
        NotOnTheList "not_on_the_list" 403 "not on the list of this round" "不在本次确认的人员名单中";
        AlreadyConfirmed "already_confirmed" 409 "this person has confirmed already" "该人员已经确认";
        NotConfirmed "not_confirmed" 409 "there is no confirmation to take back" "没有可撤回的签名";
        NotWithdrawable "not_withdrawable" 409 "a signature under a transcript cannot be taken back" "笔录上的签名不能撤回";
        AlreadyInForce "already_in_force" 409 "all have signed, and the agreement cannot be reversed" "各方均已签署，不得反悔";
        RoundOpen "round_open" 409 "the round is open: somebody has neither confirmed nor refused" "确认尚未完成";
        RoundOver "round_over" 409 "the round is over" "该确认轮已结束";
        SignersMissing "signers_missing" 422 "somebody who must sign is not on the list" "名单缺少必须签名的人员";
        SignerTwice "signer_twice" 422 "somebody is on the list twice" "名单中有重复的人员";
        PanelOnly "panel_only" 422 "only the panel and the clerk sign the transcript of a deliberation" "合议（评议）笔录仅由合议庭成员和书记员签名";
        MethodNotOpen "method_not_open" 403 "this person cannot confirm by this method" "该人员不能以此方式确认";
        ScanNeeded "scan_needed" 422 "name the deposit of the scan of what was signed on paper" "请指明线下签名扫描件的存证编号";
        CorrectionPending "correction_pending" 409 "a request for correction is not settled" "补正申请尚未处理完毕";
        CorrectionDecided "correction_decided" 409 "the request for correction is decided already" "该补正申请已经处理";
        TranscriptFinal "transcript_final" 409 "the transcript is final" "笔录已定稿";
        MachineText "machine_text" 409 "a text of the speech recognition is not signed, nor does it follow the clerk's record" "语音识别稿不能直接签名，也不能在书记员记录之后添加";
        NotToBeSigned "not_to_be_signed" 409 "no round on the latest version is open" "笔录最新版本尚未发起确认";
        WindowOver "window_over" 409 "the days for this have ended" "该期限已届满";
        MediationNotBegun "mediation_not_begun" 409 "neither has a mediator accepted the mediation, nor have all parties agreed to it" "调解尚未开始";
        MediationBegun "mediation_begun" 409 "a mediator has accepted the mediation already" "调解员已接受调解";
        MediationOver "mediation_over" 409 "the mediation has ended" "调解已终止";
        SigningNotAgreed "signing_not_agreed" 409 "not all parties have agreed to confirm online" "尚未征得各方当事人同意在线确认";
        OtherTrack "other_track" 422 "this does not fit the kind of the agreement" "与调解协议的类型不符";
        NotSigned "not_signed" 409 "not all parties have signed the agreement" "调解协议尚未由各方全部签署";
        NoSuchEnd "no_such_end" 409 "the reason does not fit what happened in the mediation" "终止理由与调解情况不符";
        NoticesNeeded "notices_needed" 409 "the notices before filing must be confirmed first" "请先阅读并确认诉前须知";
        DefendantNeeded "defendant_needed" 409 "a suit names a defendant" "起诉须有明确的被告";
    }
    "Decisions, appeals and hand-overs" "裁判、上诉和移交" {
        PowerOfAttorneyNeeded "power_of_attorney_needed" 422 "an agent needs a power of attorney" "代理人须提交授权委托书";
        PowersNotNamed "powers_not_named" 422 "special authority names the acts that it covers, general authority none" "特别授权须列明具体授权事项，一般授权不得列明";
        NotAssigned "not_assigned" 403 "only the assigned judge or the panel decides" "仅承办法官或者合议庭成员可作出裁判";
        DocumentNeeded "document_needed" 422 "the deposit number of the document is needed" "须指明裁判文书的存证编号";
        DecisionRecorded "decision_recorded" 409 "the document is recorded as a decision already" "该文书已记录为本案裁判";
        PanelNotOdd "panel_not_odd" 422 "a panel has an odd number of members, at least three" "合议庭成员须为三人以上单数";
        FormerPanel "former_panel" 422 "a judge who heard the case before does not hear it anew" "发回重审、再审的案件应当另行组成合议庭，此前审理过本案的审判人员不得参加";
        PanelNeeded "panel_needed" 409 "a case that is heard anew is judged by a panel" "发回重审、再审的案件应当由合议庭审理";
        Recused "recused" 403 "the same person does not act for a party and for the court in one case" "同一人不得在同一案件中既以当事人或者诉讼代理人身份参加诉讼，又履行法院职责";
        RelationshipNeeded "relationship_needed" 422 "a statutory agent names the document of the relationship, and nobody else does" "法定代理人须指明监护关系证明，且不填授权委托书和授权事项";
        NoStatutoryAgent "no_statutory_agent" 422 "only a natural person has a statutory agent" "仅自然人有法定代理人";
        StatutoryAgency "statutory_agency" 403 "an appointed agent records no statutory agency, and only the court ends one" "委托代理人不得登记法定代理人，法定代理关系的终止由人民法院登记";
        ThroughStatutoryAgent "through_statutory_agent" 403 "this party acts through its statutory agent" "该当事人由其法定代理人代为诉讼";
        OtherAct "other_act" 409 "another act is used for this in this case" "本案办理该事项应使用另一操作";
        WithdrawalPending "withdrawal_pending" 409 "the application is recorded already" "申请已记录，待人民法院裁定";
        NothingToRuleOn "nothing_to_rule_on" 409 "no such application or objection is pending" "没有待裁定的申请或者异议";
        TransferredBefore "transferred_before" 409 "a case that came by a transfer of jurisdiction is not transferred again" "受移送的人民法院不得再自行移送";
        NotSecondInstance "not_second_instance" 409 "only in a second instance" "仅第二审案件可进行该操作";
        RemandedBefore "remanded_before" 409 "a case that was remanded once is not remanded again" "原审人民法院对发回重审的案件作出判决后，不得再次发回重审";
        DecisionForm "decision_form" 409 "the appeal is decided in the other form: a judgment by a judgment, a ruling by a ruling" "对判决的上诉与对裁定的上诉，裁判方式不同";
        InstanceEnded "instance_ended" 409 "after the end of the instance there is no such ruling" "本审级已结，不能作出该裁定";
        NoSuchAppeal "no_such_appeal" 422 "no such appeal" "无此上诉";
        NoSuchDecision "no_such_decision" 422 "not the document of a decision of this case" "该存证编号不是本案裁判文书";
        NoAppeal "no_appeal" 409 "there is no appeal against this decision" "该裁判依法不准上诉";
        AppealedBefore "appealed_before" 409 "the party has appealed already" "该当事人已就该裁判提起上诉";
        AppealAgainstNobody "appeal_against_nobody" 422 "name the parties appealed against, other than the appellant" "须列明被上诉人，且不得为上诉人本人";
        NothingToWithdraw "nothing_to_withdraw" 409 "no appeal to withdraw" "没有可撤回的上诉";
        NoSuchHandOver "no_such_hand_over" 404 "no such hand-over" "无此移交";
        HandedOver "handed_over" 409 "the dossier was sent and is neither accepted nor returned" "案卷已移交，接收法院尚未接收或者退回";
        DocumentIncomplete "document_incomplete" 422 "pages or deposit number of the document are not as required" "卷宗材料的页数或者存证编号不符合要求";
        SameCourt "same_court" 422 "the receiving court is the sending court" "接收法院与移交法院相同";
        DossierDiffers "dossier_differs" 409 "the manifest differs from that of the dossier" "清单与案卷不符";
        ManifestEqual "manifest_equal" 409 "the manifest is equal, so there is no difference" "清单相符，不存在核对不符";
        OnPaper "on_paper" 409 "documents are on paper only; say that they follow on paper" "有纸质材料未转化，须说明随案移送纸质材料";
        NotTheOrigin "not_the_origin" 422 "the case did not come from that court" "本案并非由该法院移交";
        NotAppealed "not_appealed" 409 "no appeal to be sent" "没有待报送的上诉";
        NoGround "no_ground" 409 "no ground for this hand-over" "不具备该移交的依据";
        DecisionNotInForce "decision_not_in_force" 409 "the ruling is not in force" "裁定尚未发生法律效力";
        AppealPending "appeal_pending" 409 "an appeal against the ruling is not decided" "对该裁定的上诉尚未审结";
        HandOverState "hand_over_state" 409 "not permitted in this state of the hand-over" "移交当前状态不能进行该操作";
        NotPassedOn "not_passed_on" 409 "the case did not go there on appeal" "本案未上诉移送至该案";
        ReasonNeeded "reason_needed" 422 "the reason is needed" "须说明理由";
        BeingTakenOver "being_taken_over" 409 "the case is being taken over" "案件正在接收中";
        CourtPairExists "court_pair_exists" 409 "the court pair is on the list already" "该上诉法院已登记";
        NoCourtPair "no_court_pair" 422 "that court does not hear appeals from this one, by the operator's list" "该法院未登记为本院的上诉法院";
    }
    "Evidence period and calendar" "举证期限和节假日" {
        PeriodEnded "period_ended" 409 "the evidence period has ended" "举证期限已届满";
        PeriodNotSet "period_not_set" 409 "the evidence period is not set" "尚未指定举证期限";
        PeriodAlreadySet "period_already_set" 409 "the evidence period is set already" "举证期限已指定";
        PeriodTooShort "period_too_short" 422 "the evidence period is shorter than the law allows" "举证期限少于法定最低日数";
        PeriodTooLong "period_too_long" 422 "the evidence period is longer than the law allows" "举证期限超过最高日数";
        PeriodSuspended "period_suspended" 409 "the evidence period is suspended" "举证期限已中止";
        PeriodNotSuspended "period_not_suspended" 409 "the evidence period is not suspended" "举证期限未中止";
        PeriodOutOfOrder "period_out_of_order" 422 "the day is earlier than what is on record" "日期早于已有记录";
        PeriodNotLater "period_not_later" 422 "the new end is not later than the present one" "新的届满日不晚于原届满日";
        PeriodExchangeTooEarly "period_exchange_too_early" 422 "the exchange day is before the start of the period" "证据交换日早于举证期限起算日";
        PeriodOutOfRange "period_out_of_range" 422 "day out of range" "日期超出范围";
        PeriodBasis "period_basis" 422 "the evidence period cannot rest on this here" "本程序的举证期限不能以此为依据";
        PeriodInThePast "period_in_the_past" 422 "the evidence period would have ended before it is set" "所定举证期限在指定时已经届满";
        PeriodNeedsParty "period_needs_party" 422 "the day of service is of one party: name it" "送达日期因当事人而异，须指明当事人";
        PeriodNeedsGround "period_needs_ground" 422 "an evidence period is set anew on a ground of the law only" "重新指定举证期限须写明法定事由";
        PeriodNeedsStart "period_needs_start" 422 "the day on which the period starts is missing" "缺少起算日";
        NoEvidencePeriod "no_evidence_period" 409 "a case of this kind has no evidence period" "该类案件不适用举证期限";
        CourtOnly "court_only" 422 "only the court records this" "该项仅由人民法院记录";
        DayMismatch "day_mismatch" 422 "the day does not fit the day of the act" "日期与行为日期不符";
        NotLate "not_late" 409 "the item is not late" "该证据未逾期";
        ReasonNotRequired "reason_not_required" 409 "the party must be told to state the reason of the lateness first" "须先责令当事人说明逾期理由";
        FineOutOfRange "fine_out_of_range" 422 "the fine is outside of the bounds of the law" "罚款金额超出法定幅度";
        FineMismatch "fine_mismatch" 422 "a fine is named with the decision that imposes one, and only with it" "罚款金额须与罚款决定一并填写";
        AlreadyApplied "already_applied" 409 "an application for this period is pending" "该期限已有待决定的申请";
        NoApplication "no_application" 409 "no application for this period is pending" "该期限没有待决定的申请";
        WindowNotNamed "window_not_named" 422 "the party has several periods of this kind; name one" "该当事人有多项该类期限，请指明其中一项";
        NoSuchWindow "no_such_window" 422 "the party has no such period" "该当事人没有所指的期限";
        OnlyFirstInstance "only_first_instance" 409 "claims are changed and counterclaims raised at first instance" "变更诉讼请求、反诉应在第一审程序中提出";
        ProcedureConversion "procedure_conversion" 409 "the procedure is not converted like this" "不能如此转换程序";
        PurposeMismatch "purpose_mismatch" 422 "rebuttal is about another party's item, a cure or a reinforcement about an own item" "反驳针对对方证据，补正、补强针对己方证据";
        WindowNotForKind "window_not_for_kind" 422 "the law sets this period: it cannot be changed in this way" "该期限为法定期限，不能如此变更";
        WindowLength "window_length" 422 "the length of a period is out of range" "期限长度超出范围";
        WindowNeedsTime "window_needs_time" 422 "a period in hours begins at a time of the day" "以小时计算的期限须有起算时刻";
        WindowNotBegun "window_not_begun" 409 "the period has not begun" "该期限尚未起算";
        WindowBegun "window_begun" 409 "the period has begun already" "该期限已经起算";
        WindowClosed "window_closed" 409 "the period is closed" "该期限已完成";
        CalendarYear "calendar_year" 422 "year out of range" "年份超出范围";
        CalendarRepeatedYear "calendar_repeated_year" 422 "repeated year" "年份重复";
        CalendarOtherYear "calendar_other_year" 422 "a day belongs to another year" "日期不属于该年度";
        CalendarRepeatedDay "calendar_repeated_day" 422 "repeated day" "日期重复";
        CalendarNotWeekend "calendar_not_weekend" 422 "a make-up working day is not on a weekend" "调休上班日不是周末";
        CalendarRestTooLong "calendar_rest_too_long" 422 "too many consecutive days off" "连续休息日过长";
    }
    "Originals and erasure" "原文保管和删除" {
        CustodyMismatch "custody_mismatch" 422 "the original does not agree with the deposit" "原文与存证不一致";
        CustodyTaken "custody_taken" 409 "the original is in custody already" "原文已在保管中";
        NoOriginal "no_original" 404 "no original is in custody" "原文未交平台保管";
        EmptyOriginal "empty_original" 422 "the original is empty" "原文为空";
        SaltNeeded "salt_needed" 422 "the deposit is salted; send its salt" "该存证的摘要已加盐，请提供盐值";
        AccountQuotaExceeded "account_quota_exceeded" 413 "the account's quota for originals would be exceeded" "该账号的原文保管空间已达限额";
        CustodyFull "custody_full" 507 "the space for originals in custody is full" "原文保管空间已满";
        Erased "erased" 410 "the content was erased" "内容已删除";
        ErasedAlready "erased_already" 409 "the content was erased already" "内容此前已删除";
        NotErased "not_erased" 404 "nothing of this deposit was erased" "该存证的非公开信息未被删除";
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_own_spelling_a_status_and_titles() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code), "{code}");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{code}");
            assert!((400..600).contains(&code.status()), "{code}");
            let (en, zh) = (code.title(), code.title_zh());
            assert!(en.is_ascii() && !zh.is_ascii(), "{code}");
            assert!(![en, zh].iter().any(|title| title.contains(['<', '>', '&', '"', '|', '.'])), "{code}: no markup");
        }
        assert_eq!(ErrorCode::parse("no such code"), None);
        assert_eq!(ErrorCode::SECTIONS.iter().flat_map(|(.., codes)| *codes).count(), ErrorCode::ALL.len());
    }
}
