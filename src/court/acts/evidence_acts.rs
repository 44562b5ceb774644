//! The fields of the acts about evidence. Their words and names are in `acts`.

use crate::court::acts::grammar::act_types;
use crate::court::ids::{AnnexId, ItemNumber, PartyNumber};
use crate::court::values::{Code, FirstImport, HandedIn, IdentityCheck, ItemPurpose, StepOutcome};
use crate::court::words::{Collected, Depositor, Divergence, Ground, ItemForm, Opinion, Phase, Presented};
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;

act_types! {
    /// 导入存证平台证据, with what the chain said at that moment.
    Import {
        required item "item": ItemNumber,
        required party "party": PartyNumber,
        required phase "phase": Phase,
        required deposit "deposit": DepositNumber,
        required name "name": AnnexId,
        required content "content": AnnexId,
        /// 来源 (证据规定 art. 19).
        optional source "source": AnnexId,
        /// 证明对象.
        optional proves "proves": AnnexId,
        /// Original or copy.
        optional form "form": ItemForm,
        optional copies "copies": u32,
        optional pages "pages": u32,
        optional replaces "replaces": ItemNumber,
        optional carried "carried": FirstImport,
        required depositor "depositor": Depositor,
        optional identity "identity": IdentityCheck,
        required ledger "ledger": Name,
        required tx_id "tx-id": Digest,
        required block_hash "block-hash": Digest,
        required block_height "block-height": Height,
        required prev_block_hash "prev-block-hash": Digest,
        repeated data_hash "data-hash": (HashAlgorithm, Digest),
        required tx_submitted_at "tx-submitted-at": Timestamp,
        required block_generated_at "block-generated-at": Timestamp,
        /// SHA-256 of the receipt, for a deposit of another ledger.
        optional receipt "receipt": Digest,
        /// That receipt itself, so that the file alone verifies later.
        optional receipt_annex "receipt-annex": AnnexId,
        /// What it is for, where it rebuts, cures or reinforces an item.
        optional purpose "purpose": ItemPurpose,
        /// Posted or handed in earlier, where the court enters it.
        optional handed_in "handed-in": HandedIn,
        /// Collected by the court.
        optional collected "collected": Collected,
        /// Why it was not offered earlier.
        optional reason "reason": AnnexId,
    }
    /// 编辑证据: name and content written anew, in the period.
    Restate {
        required item "item": ItemNumber,
        required name "name": AnnexId,
        required content "content": AnnexId,
        optional source "source": AnnexId,
        optional proves "proves": AnnexId,
        optional form "form": ItemForm,
        optional copies "copies": u32,
        optional pages "pages": u32,
    }
    /// 民诉法 art. 69: the court received an item, and gives a receipt for it: copies, pages, original or copy, and the digest of the
    /// file in its dossier. The actor is the 经办人.
    ReceiveItem {
        required item "item": ItemNumber,
        optional form "form": ItemForm,
        optional copies "copies": u32,
        optional pages "pages": u32,
        repeated dossier_hash "dossier-hash": (HashAlgorithm, Digest),
    }
    /// 撤回: no longer relied on in this case; never deleted.
    WithdrawItem {
        required item "item": ItemNumber,
        optional reason "reason": AnnexId,
    }
    /// 核验.
    Verify {
        required item "item": ItemNumber,
        required deposit "deposit": DepositNumber,
        required presented "presented": Presented,
        optional size "size": u64,
        repeated presented_hash "presented-hash": (HashAlgorithm, Digest),
        required conclusion "conclusion": Code,
        /// Why it could not be carried out.
        optional obstacle "obstacle": Code,
        repeated reservation "reservation": Code,
        repeated step "step": StepOutcome,
    }
    /// The chain no longer says what was imported: an alarm.
    Diverge {
        required item "item": ItemNumber,
        required what "what": Divergence,
    }
    /// 质证意见: changed only by a new version.
    Reply {
        required item "item": ItemNumber,
        required party "party": PartyNumber,
        required version "version": u32,
        /// The version of the item that it answers.
        optional item_version "item-version": u32,
        optional authenticity "authenticity": Opinion,
        optional legality "legality": Opinion,
        optional relevance "relevance": Opinion,
        repeated ground "ground": Ground,
        optional probative_value "probative-value": AnnexId,
        optional reason "reason": AnnexId,
    }
    /// 调解规则 art. 18: the party that offered an item in a mediation consents to its use in a suit.
    Consent {
        required item "item": ItemNumber,
    }
}
