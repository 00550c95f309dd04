//! Who may ask, how often, and for how long.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{App, Problem, rate_limit::RateLimit};
use crate::{account::Email, config::Limits};

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// BK119: who asks, by a token that was verified.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Uuid);

/// When the answer has to be there.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

pub struct Guard {
    addresses: RateLimit<IpAddr>,
    emails: RateLimit<Email>,
    accounts: RateLimit<Uuid>,
}

impl Guard {
    pub fn new(limits: &Limits) -> Self {
        Self {
            addresses: RateLimit::new(limits.auth_per_minute),
            emails: RateLimit::new(limits.auth_per_minute),
            accounts: RateLimit::new(limits.per_minute),
        }
    }

    /// Limit the guesses at one account's password, wherever they come from.
    pub fn admit_email(&self, email: &Email) -> Result<(), Problem> {
        self.emails.admit(email.clone()).map_err(Problem::too_many_requests)
    }
}

pub async fn by_address(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let peer =
        request.extensions().get().map_or(Ipv6Addr::UNSPECIFIED.into(), |peer: &Peer| peer.0);
    let address = client(peer, request.headers(), app.limits.proxy_hops);
    app.guard.addresses.admit(network(address)).map_err(Problem::too_many_requests)?;
    Ok(next.run(request).await)
}

pub async fn by_account(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers());
    let token = token.ok_or_else(|| Problem::unauthorized("An access token is needed."))?;
    let account = app.accounts.access_tokens.verify(token);
    let account = account.map_err(|_| Problem::invalid_token())?;
    app.guard.accounts.admit(account).map_err(Problem::too_many_requests)?;
    request.extensions_mut().insert(Caller(account));
    Ok(next.run(request).await)
}

/// Answer in time. Transactions run in tasks of their own, and end themselves at the same moment.
pub async fn deadline(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let deadline = Instant::now() + app.limits.request_timeout;
    request.extensions_mut().insert(Deadline(deadline));
    timeout_at(deadline, next.run(request)).await.map_err(|_| Problem::late())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Return the address that the outermost of one's own proxies saw; whatever stands left of it, anybody may write.
fn client(peer: IpAddr, headers: &HeaderMap, hops: usize) -> IpAddr {
    let Some(from_right) = hops.checked_sub(1) else {
        return peer;
    };
    let lines = headers.get_all("x-forwarded-for").iter();
    let entries: Vec<&str> =
        lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect();
    entries.iter().rev().nth(from_right).and_then(|entry| address(entry.trim())).unwrap_or(peer)
}

fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse().ok().map(|address: SocketAddr| address.ip());
    entry.parse().ok().or_else(with_port)
}

/// Who has one IPv6 address has the other 2^64 of its network too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PEER: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    fn seen(lines: &[&str], hops: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        client(PEER, &headers, hops).to_string()
    }

    #[test]
    fn without_proxies_nobody_is_believed() {
        assert_eq!(seen(&["192.0.2.1"], 0), "::1");
    }

    #[test]
    fn what_the_own_proxies_wrote_counts_from_the_right() {
        assert_eq!(seen(&["6.6.6.6, 192.0.2.1"], 1), "192.0.2.1");
        assert_eq!(seen(&["6.6.6.6, 192.0.2.1", "10.0.0.1"], 2), "192.0.2.1");
        assert_eq!(seen(&["192.0.2.1:4711"], 1), "192.0.2.1");
        assert_eq!(seen(&["[2001:db8::1]:80"], 1), "2001:db8::1");
    }

    #[test]
    fn what_is_no_address_is_the_peer() {
        for line in ["", "garbage", "1.2.3.4, garbage", ",,,"] {
            assert_eq!(seen(&[line], 1), "::1", "{line}");
        }
        assert_eq!(seen(&["192.0.2.1"], 2), "::1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn only_the_bearer_scheme_has_a_token() {
        let token = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(token("bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("Basic abc"), None);
        assert_eq!(token("Bearer"), None);
    }
}
