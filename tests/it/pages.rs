//! Tests of the pages for people: what they show, accounts and sessions, and the attacks that they must withstand.

mod account_rules;
mod accounts;
mod assets;
mod attacks;
mod case_forms;
mod cases;
mod cases_attacks;
mod certificates;
mod chain;
mod court_administrator;
mod court_desk;
mod deposits;
mod documentation;
mod documents;
mod hand_overs;
mod limits;
mod managing;
mod messages;
mod operating;
mod provider_logins;
mod shown;
mod sweep;
