//! Changes of the claims, counterclaims, and the conversion of the procedure.
//!
//! A changed claim or a counterclaim gives a ground to set the evidence period anew (证据规定 art. 55 (4)), and so does a conversion. The
//! court decides: nothing here moves a period.

use crate::court::acts::{ChangeClaims, ConvertProcedure, Counterclaim};
use crate::court::case::decisions::{ClaimsRecord, Conversion};
use crate::court::case::late_evidence::check_handed_in;
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::course_words::SpecialPower;
use crate::court::document::Document;
use crate::court::permission::Side;
use crate::court::words::{CaseKind, ClaimChange, Procedure};

/// 增加、变更、放弃诉讼请求: by the side that brings the suit, an agent with special authority (民诉法 art. 62), or the court that enters it.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn change_claims(
    file: &mut CaseFile,
    document: &Document,
    act: &ChangeClaims,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_first_instance(file)?;
    speaks_for(file, document.capacity, act.party)?;
    let power = if act.change == ClaimChange::Waived { SpecialPower::Waive } else { SpecialPower::Change };
    file.require_power(document.capacity, power)?;
    check_handed_in(document, act.handed_in, position)?;
    if file.parties.get(&act.party).is_none_or(|party| party.side() == Side::Answering) {
        return Err(Refusal::NotYours);
    }
    file.claim_changes.push(ClaimsRecord {
        position,
        party: act.party,
        change: Some(act.change),
        claims: position.text(act.claims),
        document: act.document,
        handed_in: act.handed_in,
    });
    Ok(())
}

/// 反诉: by the defendant.
///
/// # Errors
///
/// [`Refusal`].
pub(in crate::court::case) fn counterclaim(
    file: &mut CaseFile,
    document: &Document,
    act: &Counterclaim,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_first_instance(file)?;
    speaks_for(file, document.capacity, act.party)?;
    file.require_power(document.capacity, SpecialPower::Counterclaim)?;
    check_handed_in(document, act.handed_in, position)?;
    if file.parties.get(&act.party).is_none_or(|party| party.side() != Side::Answering) {
        return Err(Refusal::NotYours);
    }
    file.claim_changes.push(ClaimsRecord {
        position,
        party: act.party,
        change: None,
        claims: position.text(act.claims),
        document: act.document,
        handed_in: act.handed_in,
    });
    Ok(())
}

fn require_first_instance(file: &CaseFile) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    // Of a retrial, the instance is not known here; the court decides.
    if matches!(file.kind, CaseKind::CivilFirst | CaseKind::AdministrativeFirst | CaseKind::Retrial) {
        Ok(())
    } else {
        Err(Refusal::OnlyFirstInstance)
    }
}

/// 转换程序 by ruling (民诉法 art. 170): from small claims to summary or ordinary procedure (art. 169), from summary to ordinary.
///
/// # Errors
///
/// [`Refusal::Conversion`].
pub(in crate::court::case) fn convert_procedure(
    file: &mut CaseFile,
    act: &ConvertProcedure,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let (from, to) = (file.procedure, act.procedure);
    let allowed = matches!(
        (from, to),
        (Procedure::SmallClaims, Procedure::Summary | Procedure::Ordinary) | (Procedure::Summary, Procedure::Ordinary)
    );
    if !allowed {
        return Err(Refusal::Conversion { from, to });
    }
    file.procedure = to;
    file.conversions.push(Conversion { position, from, to, document: act.document });
    Ok(())
}
