//! Every Rust sample of the knowledge base, compiled as it stands, and the proofs of its rules.

pub mod fences;
pub mod rules;

#[cfg(test)]
mod proofs;
#[cfg(test)]
pub mod support;
