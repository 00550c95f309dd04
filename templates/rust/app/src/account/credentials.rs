//! What somebody is known by: parsed once, valid ever after.

use secrecy::SecretString;

#[derive(Debug)]
pub struct Credentials {
    pub email: Email,
    pub password: Password,
}

/// An address in lower case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Email(String);

impl Email {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let valid = (3..=254).contains(&text.len()) && is_address(text);
        let email = valid.then(|| Self(text.to_ascii_lowercase()));
        email.ok_or("has to be an email address of at most 254 characters")
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// Letters, digits and a few signs at a domain of two labels or more.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_local = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    !local.is_empty()
        && local.chars().all(is_local)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// Long enough to stand alone; NIST SP 800-63B-4 asks for no other rule.
#[derive(Debug)]
pub struct Password(SecretString);

impl Password {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let valid = (15..=128).contains(&text.chars().count()) && !text.contains('\0');
        let password = valid.then(|| Self(text.into()));
        password.ok_or("has to have 15 to 128 characters, none of them U+0000")
    }

    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_kept_in_lower_case() {
        assert_eq!(Email::parse("Ada.L+x@Example.COM").unwrap().as_str(), "ada.l+x@example.com");
    }

    #[test]
    fn what_is_no_email_is_refused() {
        let long = format!("{}@example.com", "a".repeat(243));
        for text in
            ["", "ada", "@b.c", "a@b", "a@b.", "a@.c", "a b@c.de", "ä@b.c", "a@b@c.de", &long]
        {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_counted_in_code_points() {
        assert!(Password::parse(&"💡".repeat(128)).is_ok());
        assert!(Password::parse(&"💡".repeat(14)).is_err());
        assert!(Password::parse(&"p".repeat(129)).is_err());
        assert!(Password::parse("a password with \0 in it").is_err());
    }
}
