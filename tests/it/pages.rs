//! Tests of the pages for people: what they show, accounts and sessions, and the attacks that they must withstand.

mod accounts;
mod assets;
mod attacks;
mod cases;
mod cases_attacks;
mod court_desk;
mod deposits;
mod managing;
mod shown;
