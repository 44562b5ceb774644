//! Which relations to a case give access to its documents: transcripts, papers of a mediation, served documents, decisions.
//!
//! Not here: what a document is, and whose (`case::documents`).

use crate::court::permission::rule::CaseRelation;
use crate::court::words::Role;

/// Whether a relation gives access to the papers of a mediation: to the parties, the court and the mediators.
#[must_use]
pub const fn sees_mediation(relation: CaseRelation) -> bool {
    matches!(
        relation,
        CaseRelation::Party(_)
            | CaseRelation::Agent(_)
            | CaseRelation::Holding(
                Role::Clerk | Role::Judge | Role::JudgeAssistant | Role::Mediator | Role::MediationOrganisation
            )
    )
}

/// Whether a relation gives access to decisions and to the documents that are served on any party: to the staff of the court, and of
/// the court that accepted the dossier.
#[must_use]
pub const fn sees_papers_of_the_court(relation: CaseRelation) -> bool {
    let (CaseRelation::Holding(role) | CaseRelation::Receiving(role)) = relation else { return false };
    matches!(
        role,
        Role::Clerk | Role::Judge | Role::JudgeAssistant | Role::TrialSupport | Role::PeoplesAssessor | Role::Archivist
    )
}

/// Whether a relation permits to give the file of a document into custody that somebody else recorded.
#[must_use]
pub const fn keeps_documents(relation: CaseRelation) -> bool {
    matches!(relation, CaseRelation::Holding(Role::Clerk | Role::Judge | Role::JudgeAssistant | Role::TrialSupport))
}

/// Whether a relation permits the same for the papers of a mediation.
#[must_use]
pub const fn keeps_mediation_papers(relation: CaseRelation) -> bool {
    matches!(relation, CaseRelation::Holding(Role::Mediator | Role::MediationOrganisation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::permission::rule::Side;

    /// The relations that a rule names, in the order of all relations.
    fn named(rule: fn(CaseRelation) -> bool) -> Vec<CaseRelation> {
        CaseRelation::all().into_iter().filter(|relation| rule(*relation)).collect()
    }

    #[test]
    fn each_rule_names_its_relations_and_no_other() {
        let holding = |roles: &[Role]| roles.iter().map(|role| CaseRelation::Holding(*role)).collect::<Vec<_>>();
        let sides = Side::ALL.iter().flat_map(|side| [CaseRelation::Party(*side), CaseRelation::Agent(*side)]);
        let mediation =
            holding(&[Role::Clerk, Role::Judge, Role::JudgeAssistant, Role::Mediator, Role::MediationOrganisation]);
        assert_eq!(named(sees_mediation), sides.chain(mediation).collect::<Vec<_>>());
        let court = [
            Role::Clerk,
            Role::Judge,
            Role::JudgeAssistant,
            Role::TrialSupport,
            Role::Archivist,
            Role::PeoplesAssessor,
        ];
        let receiving =
            [Role::Clerk, Role::Judge, Role::JudgeAssistant, Role::TrialSupport].map(CaseRelation::Receiving);
        assert_eq!(named(sees_papers_of_the_court), [holding(&court), receiving.to_vec()].concat());
        let keepers = holding(&[Role::Clerk, Role::Judge, Role::JudgeAssistant, Role::TrialSupport]);
        assert_eq!(named(keeps_documents), keepers);
        assert_eq!(named(keeps_mediation_papers), holding(&[Role::Mediator, Role::MediationOrganisation]));
    }
}
