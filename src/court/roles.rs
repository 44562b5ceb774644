//! What the roles of accounts are for: which belong to a court, and which act in cases.

use crate::court::words::Role;

impl Role {
    /// Whether it is a role of a court, which is held at one court.
    #[must_use]
    pub const fn is_of_a_court(self) -> bool {
        self.acts_in_cases() || matches!(self, Self::CourtAdministrator)
    }

    /// Whether it is a role of a court that gives access to cases of that court.
    #[must_use]
    pub const fn acts_in_cases(self) -> bool {
        matches!(self, Self::Clerk | Self::Judge | Self::JudgeAssistant | Self::TrialSupport | Self::Archivist)
            || self.needs_appointment()
    }

    /// Whether the role receives dossiers that other courts hand over: it compares and accepts or returns them.
    #[must_use]
    pub const fn receives_dossiers(self) -> bool {
        matches!(self, Self::Clerk | Self::TrialSupport)
    }

    /// Whether the role hears or administers cases of its court. Of the staff of another court, only such roles read a case whose dossier that
    /// court has accepted, and only they see second volumes (副卷).
    #[must_use]
    pub const fn handles_cases(self) -> bool {
        self.receives_dossiers() || matches!(self, Self::Judge | Self::JudgeAssistant)
    }

    /// Whether the role of a court gives access only to the cases in which the court has appointed the account: all roles of persons
    /// and institutions that are not staff of the court.
    #[must_use]
    pub const fn needs_appointment(self) -> bool {
        matches!(
            self,
            Self::Mediator
                | Self::MediationOrganisation
                | Self::PeoplesAssessor
                | Self::BankruptcyAdministrator
                | Self::Supervisor
                | Self::Expert
                | Self::AppraisalInstitution
                | Self::Notary
        )
    }
}
