//! Preconditions (RFC 9110, section 13.1.1).

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use super::{App, Problem, problem::Kind};
use crate::order::Versions;

/// The versions that the client has seen; an argument of handlers.
pub struct IfMatch(pub Versions);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        let lines = parts.headers.get_all(header::IF_MATCH).iter();
        let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
        if lines.is_empty() {
            return Err(Kind::PreconditionRequired.into());
        }
        let versions = versions(&lines.join(",")).filter(|versions| !is_none(versions));
        versions.map(Self).ok_or_else(|| Kind::Stale.into())
    }
}

fn is_none(versions: &Versions) -> bool {
    matches!(versions, Versions::OneOf(seen) if seen.is_empty())
}

pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

/// Return the versions of a list of entity tags, or None where it is no such list. Weak tags never match.
fn versions(text: &str) -> Option<Versions> {
    if text.trim() == "*" {
        return Some(Versions::Any);
    }
    let (mut rest, mut seen) = (text, Vec::new());
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(Versions::OneOf(seen));
        }
        let weak = rest.strip_prefix("W/");
        let (tag, after) = weak.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        if weak.is_none() {
            seen.extend(version(tag));
        }
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

/// Only what `etag` writes is a version.
fn version(tag: &str) -> Option<i32> {
    tag.parse().ok().filter(|version: &i32| *version > 0 && version.to_string() == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_versions() {
        assert_eq!(versions("\"1\""), Some(Versions::OneOf(vec![1])));
        assert_eq!(versions("\"7\",\"1\" , \"3\""), Some(Versions::OneOf(vec![7, 1, 3])));
        assert_eq!(versions(", \"1\" ,"), Some(Versions::OneOf(vec![1])));
        assert_eq!(versions(" * "), Some(Versions::Any));
    }

    #[test]
    fn tags_that_are_weak_or_not_ours_name_none() {
        for text in [
            "W/\"1\"",
            "\"01\"",
            "\"0\"",
            "\"-1\"",
            "\"+1\"",
            "\"1.0\"",
            "\"99999999999\"",
            "\"a,\"",
        ] {
            assert_eq!(versions(text), Some(Versions::OneOf(Vec::new())), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_names_nothing() {
        for text in ["1", "\"1", "garbage\"", "\"1\" \"1\"", "**", "*, \"1\"", "\"a,\"1\",b\""] {
            assert_eq!(versions(text), None, "{text}");
        }
    }
}
