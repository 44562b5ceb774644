//! The pages for people, bilingual, served by the node itself: no other site is asked for anything.

pub mod pages;
