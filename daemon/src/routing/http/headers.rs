//! Which headers pass between the world and a plugin.
//!
//! Who the user is, the app says in a field of its own; a header that claims to know better comes
//! from whoever sent the request, and some plugin would believe it. Nor may a plugin speak with the
//! app's own voice, or learn the secret by which a user is known to the app.

use std::collections::BTreeMap;

/// Headers of a request that name a user or stand for one.
const IDENTITY: [&str; 23] = [
    "remote-user",
    "remote-name",
    "remote-email",
    "remote-groups",
    "x-remote-user",
    "x-remote-name",
    "x-remote-email",
    "x-remote-groups",
    "x-remote-group",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-real-user",
    "x-user",
    "x-user-id",
    "x-user-name",
    "x-user-email",
    "x-username",
    "x-email",
    "x-roles",
    "x-groups",
];

/// Whole families of them.
const IDENTITY_FAMILIES: [&str; 6] =
    ["x-outboard-", "x-auth-", "x-authenticated-", "x-webauth-", "x-ssl-client-", "ssl-client-"];

/// By which a user is known to the app: none of a plugin's business, ever.
const SECRETS: [&str; 2] = ["cookie", "proxy-authorization"];

/// About the connection on which a message came, which ends at the app.
const CONNECTION: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
];

/// Headers of an answer that would speak for the whole of the app's address.
const APPS_OWN: [&str; 5] = [
    "set-cookie",
    "clear-site-data",
    "strict-transport-security",
    "service-worker-allowed",
    "public-key-pins",
];

/// What of a request's headers reaches the plugin, by names in lower case. `Authorization` is the
/// sender's word to the plugin only where the app knows no user by it.
pub fn of_request(
    headers: BTreeMap<String, String>,
    is_anonymous: bool,
) -> BTreeMap<String, String> {
    let passes = |name: &str| {
        let is_secret = SECRETS.contains(&name) || (name == "authorization" && !is_anonymous);
        !is_secret && !names_a_user(name) && !CONNECTION.contains(&name)
    };
    passing(headers, passes)
}

/// What of an answer's headers reaches the world.
pub fn of_response(headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    passing(headers, |name| !APPS_OWN.contains(&name) && !CONNECTION.contains(&name))
}

fn passing(
    headers: BTreeMap<String, String>,
    passes: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let lower = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    lower.filter(|(name, value)| is_header(name, value) && passes(name)).collect()
}

/// Some servers take `X_User` for `X-User`: both are the same claim.
fn names_a_user(name: &str) -> bool {
    let name = name.replace('_', "-");
    IDENTITY.contains(&name.as_str())
        || IDENTITY_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// A name and value that HTTP can carry: nothing in them ends the line they stand on.
fn is_header(name: &str, value: &str) -> bool {
    let token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
    !name.is_empty() && name.bytes().all(token) && !value.bytes().any(|it| it < 0x20 && it != b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &[&str], is_anonymous: bool) -> Vec<String> {
        let headers = headers.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect();
        of_request(headers, is_anonymous).into_keys().collect()
    }

    #[test]
    fn what_claims_an_identity_never_reaches_a_plugin() {
        // I52
        let spoofed = [
            "X-Outboard-User",
            "x-forwarded-user",
            "Remote-User",
            "REMOTE_USER",
            "X_User_Id",
            "X-Auth-Request-Email",
            "x-authenticated-userid",
            "X-SSL-Client-CN",
            "Cookie",
        ];
        assert!(names(&spoofed, true).is_empty());
        assert_eq!(names(&["Content-Type", "X-Hub-Signature-256"], false).len(), 2);
    }

    #[test]
    fn a_users_credentials_stay_with_the_app() {
        assert_eq!(names(&["Authorization"], true), ["authorization"]);
        assert!(names(&["Authorization"], false).is_empty());
    }

    #[test]
    fn a_plugin_sets_no_cookies_and_splits_no_lines() {
        let headers = BTreeMap::from([
            ("Set-Cookie".to_owned(), "session=1".to_owned()),
            ("X-One".to_owned(), "a\r\nSet-Cookie: b".to_owned()),
            ("Content-Type".to_owned(), "text/plain".to_owned()),
        ]);
        let passed: Vec<_> = of_response(headers).into_keys().collect();
        assert_eq!(passed, ["content-type"]);
    }
}
