//! How often who may ask. Counted in this process alone; several processes let through as many times more.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::sending::{Senders, Sending};

/// Seconds' worth of requests that may come at once.
const BURST_SECONDS: u32 = 2;

/// Files that an account may send at once; afterwards one in [`UPLOAD_EVERY`].
const UPLOADS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// Reading a picture costs a tenth of a second, and nobody takes photos faster than this for long.
const UPLOAD_EVERY: Duration = Duration::from_secs(20);

/// Requests a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// From one address. Phone networks put many people behind one, so this only stops machines.
    pub per_address: NonZeroU32,
    /// In one session.
    pub per_session: NonZeroU32,
}

/// What counting a request for its address said, kept with it so that it is counted once.
#[derive(Clone, Copy, Debug)]
pub struct Counted(pub Result<(), Duration>);

/// The counters.
pub struct Limits {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    sessions: DefaultKeyedRateLimiter<[u8; 32]>,
    uploads: DefaultKeyedRateLimiter<[u8; 16]>,
    senders: Senders,
    trusted_proxy: Option<IpAddr>,
    clock: DefaultClock,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("addresses", &self.addresses.len()).finish_non_exhaustive()
    }
}

fn quota(per_second: NonZeroU32) -> Quota {
    let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
    Quota::per_second(per_second).allow_burst(burst)
}

fn uploads() -> Quota {
    // The period is above nought.
    let paced = Quota::with_period(UPLOAD_EVERY).unwrap_or(Quota::per_minute(UPLOADS));
    paced.allow_burst(UPLOADS)
}

impl Limits {
    /// Counters for these rates. Only a proxy at this address is believed when it names whom it asks for.
    pub fn new(rates: Rates, trusted_proxy: Option<IpAddr>) -> Self {
        Self {
            addresses: RateLimiter::keyed(quota(rates.per_address)),
            sessions: RateLimiter::keyed(quota(rates.per_session)),
            uploads: RateLimiter::keyed(uploads()),
            senders: Senders::default(),
            trusted_proxy,
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of an address.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Duration> {
        let checked = self.addresses.check_key(&network(address));
        checked.map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// The same for a request of this address, unless it was counted already.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check_request(&self, extensions: &Extensions, client: IpAddr) -> Result<(), Duration> {
        extensions.get().map_or_else(|| self.check_address(client), |Counted(said)| *said)
    }

    /// Counts a request of a session, by the digest of its token.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check_session(&self, digest: [u8; 32]) -> Result<(), Duration> {
        let checked = self.sessions.check_key(&digest);
        checked.map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// Counts a file that an account sends, by the bytes of its id.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check_upload(&self, account: [u8; 16]) -> Result<(), Duration> {
        let checked = self.uploads.check_key(&account);
        checked.map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// An account's file is on its way, in place of an older one that still is.
    pub fn begin_upload(&self, account: [u8; 16]) -> Sending {
        self.senders.begin(account)
    }

    /// Forgets who has not asked for a while. Call it every minute or so, or memory grows.
    pub fn forget_idle(&self) {
        self.addresses.retain_recent();
        self.sessions.retain_recent();
        self.uploads.retain_recent();
    }

    /// Who asks, by what the server keeps with a request.
    pub fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip());
        self.client_address(peer, headers)
    }

    /// Who asks: the other end of the connection, or whom a trusted proxy names last.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        // A socket that serves both families shows an IPv4 address within IPv6.
        let peer = peer.to_canonical();
        if self.trusted_proxy.map(|proxy| proxy.to_canonical()) != Some(peer) {
            return peer;
        }
        let named = headers.get_all("x-forwarded-for").iter().next_back();
        let last = named.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        let last = last.map(str::trim);
        // Some proxies name the port too.
        let with_port = |last: &str| last.parse::<SocketAddr>().ok().map(|named| named.ip());
        let named = last.and_then(|last| last.parse().ok().or_else(|| with_port(last)));
        named.map_or(peer, |named: IpAddr| named.to_canonical())
    }
}

/// The addresses of one customer count as one. Of IPv6 a house has a /56 as a rule (RIPE-690), which holds 256 networks
/// of /64; a /48 is mostly a firm's, and as a carrier's it would count too many strangers as one.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d & 0xff00, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(trusted_proxy: Option<&str>) -> Limits {
        let two = NonZeroU32::new(2).expect("above nought");
        let rates = Rates { per_address: two, per_session: two };
        Limits::new(rates, trusted_proxy.map(|address| address.parse().expect("an address")))
    }

    /// Two seconds' worth pass at once, the next is told to wait; another network is not concerned, another
    /// address of the same IPv6 network is.
    #[test]
    fn rates() {
        let limits = limits(None);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        for _ in 0..4 {
            assert_eq!(limits.check_address(address("2001:db8:1:2::1")), Ok(()));
        }
        for same in ["2001:db8:1:2::2", "2001:db8:1:ff::1"] {
            let wait = limits.check_address(address(same)).expect_err("one network");
            assert!(wait <= Duration::from_millis(500), "{wait:?}");
        }
        assert_eq!(limits.check_address(address("2001:db8:1:100::1")), Ok(()));
        assert_eq!(limits.check_address(address("192.0.2.1")), Ok(()));
    }

    /// A few files pass at once, then one at a time; another account is not concerned.
    #[test]
    fn uploads_of_an_account() {
        let limits = limits(None);
        for _ in 0..UPLOADS.get() {
            assert_eq!(limits.check_upload([1; 16]), Ok(()));
        }
        let wait = limits.check_upload([1; 16]).expect_err("too many");
        assert!(wait <= UPLOAD_EVERY, "{wait:?}");
        assert_eq!(limits.check_upload([2; 16]), Ok(()));
    }

    /// A named client is believed only of the trusted proxy, and only the last name, which the proxy wrote.
    #[test]
    fn proxies() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.7, 192.0.2.8".parse().expect("a header"));
        let (proxy, other) = (address("127.0.0.1"), address("192.0.2.1"));
        assert_eq!(limits(None).client_address(proxy, &headers), proxy);
        let behind = limits(Some("127.0.0.1"));
        assert_eq!(behind.client_address(other, &headers), other);
        assert_eq!(behind.client_address(proxy, &headers), address("192.0.2.8"));
        headers.insert("x-forwarded-for", "192.0.2.9:4711".parse().expect("a header"));
        assert_eq!(behind.client_address(proxy, &headers), address("192.0.2.9"));
        assert_eq!(
            behind.client_address(address("::ffff:127.0.0.1"), &headers),
            address("192.0.2.9")
        );
        assert_eq!(behind.client_address(address("::ffff:192.0.2.1"), &headers), other);
        headers.insert("x-forwarded-for", "nobody".parse().expect("a header"));
        assert_eq!(behind.client_address(proxy, &headers), proxy);
    }
}
