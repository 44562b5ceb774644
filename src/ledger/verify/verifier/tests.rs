//! The verifier, told by its conclusions.
