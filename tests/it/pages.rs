//! Tests of the pages for people: what they show, accounts and sessions, and the attacks that they must withstand.

mod accounts;
mod attacks;
mod chain;
mod documentation;
mod limits;
mod managing;
mod operating;
mod shown;
mod sweep;
