//! What a token leaves behind; the rest is tested over a socket in `tests/http/fetching.rs`.

use super::*;

/// AUTHZ-13.
#[test]
fn a_token_is_not_printed() {
    let token = Token::new("secret-token".to_owned());
    let header = authorization(&token).unwrap();
    assert_eq!(header.to_str().unwrap(), "Bearer secret-token");
    assert!(!format!("{token:?} {header:?}").contains("secret"));
    let access = Access {
        server: "https://fhir.example".to_owned(),
        token: Some(token),
    };
    assert!(!format!("{access:?}").contains("secret"));
    // A token that cannot stand in a header is not sent.
    assert!(authorization(&Token::new("a\r\nx: y".to_owned())).is_none());
}
