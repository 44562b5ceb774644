//! The filing flow over HTTP: who may do what, and what stands on the chain afterwards.

mod accounts;
mod cases;
mod entrusted;
mod enumeration;
mod erasing;
mod feed;
mod imports;
mod manual;
mod mediation;
mod originals;
mod published;
mod racing;
mod standing;
mod table;
mod verifying;
