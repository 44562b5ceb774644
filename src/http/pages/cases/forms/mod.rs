//! The forms of all acts of a case, as tables of data: what is asked ([`field`], [`table`]), what can be chosen ([`choices`]), how it
//! is shown ([`widgets`]), the document that it is about ([`papers`]), and the request that it becomes ([`values`], [`sending`]).

pub mod choices;
mod course;
pub mod data;
pub mod earlier_reply;
mod erasure;
mod evidence;
pub mod field;
mod filing;
pub mod labels;
pub mod outside;
pub mod papers;
mod periods;
pub mod sending;
mod service;
mod sessions;
pub mod table;
pub mod values;
pub mod widgets;
