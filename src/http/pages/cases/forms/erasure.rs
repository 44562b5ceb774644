//! Forms about private content: orders, holds, erasure.

use crate::court::acts::ActKind;
use crate::http::pages::cases::forms::field::{ActForm, Control, Field, Group, Shape, optional, required};

const DEPOSIT: Field =
    optional("deposit_number", Control::Deposit).hint("存证编号和账号填写其一", "A deposit or an account");
const ACCOUNT: Field = optional("account", Control::Account);

pub(super) const FORMS: &[ActForm] = &[
    ActForm::new(
        ActKind::OrderErasure,
        Group::Private,
        &[
            optional("deposit_number", Control::Deposit)
                .hint("存证编号和账号均不填的，为本案文本", "Without a deposit and an account: texts of this case"),
            ACCOUNT,
            optional("document", Control::Deposit).named("决定文书的存证编号", "Deposit number of the decision"),
        ],
    ),
    ActForm::new(ActKind::Hold, Group::Private, &[DEPOSIT, ACCOUNT, required("reason", Control::Area)]),
    ActForm::new(ActKind::Release, Group::Private, &[DEPOSIT, ACCOUNT, optional("reason", Control::Area)]),
    ActForm::new(
        ActKind::Erase,
        Group::Private,
        &[
            DEPOSIT,
            ACCOUNT,
            optional("annexes", Control::Annexes),
            optional("case", Control::Derived),
            optional("order", Control::Derived),
        ],
    )
    .making(Shape::Erasure)
    .lead(
        "须先作出准许删除的决定。删除后内容不能恢复，链上记录保持完整。",
        "It must have been permitted before. Erased content cannot be restored; the chain stays whole.",
    )
    .sure("确认删除所选内容", "Erase the chosen content"),
];
