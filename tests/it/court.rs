//! The filing flow over HTTP: who may do what, and what stands on the chain afterwards.

mod accounts;
mod cases;
mod entrusted;
mod erasing;
mod feed;
mod manual;
mod originals;
mod table;
