//! Which addresses are called, and which answers are taken.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const WANTED: Wanted<'static> = Wanted {
    accept: FHIR_JSON,
    media_types: FHIR_JSON_TYPES,
    authorization: None,
};

/// A server that answers every call with `reply`, and its port.
async fn server(reply: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    port
}

fn outbound(listed: &str, consent: bool) -> Outbound {
    let hosts = ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"];
    let hosts = hosts.map(|host| Host::parse(host).unwrap());
    let private: &[Host] = if consent { &hosts } else { &[] };
    Outbound::new(&[BaseUrl::parse(listed).unwrap()], private, Vec::new()).unwrap()
}

async fn get(outbound: &Outbound, url: &str, bytes: usize) -> Result<String, CallError> {
    let budget = Budget::new(bytes);
    let answer = outbound
        .get(&Url::parse(url).unwrap(), WANTED, &budget)
        .await?;
    Ok(String::from_utf8(answer.body.to_vec()).unwrap())
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\n\
                    content-length: 2\r\nconnection: close\r\n\r\n{}";

#[tokio::test]
async fn a_host_at_a_private_address_needs_consent() {
    let port = server(GOOD).await;
    for host in ["127.0.0.1", "localhost"] {
        let base = format!("http://{host}:{port}/fhir");
        let url = format!("{base}/Patient/1");
        let refused = get(&outbound(&base, false), &url, 100).await;
        assert_eq!(refused, Err(CallError::AddressRefused), "{host}");
        let called = get(&outbound(&base, true), &url, 100).await;
        assert_eq!(called.as_deref(), Ok("{}"), "{host}");
    }
}

#[tokio::test]
async fn some_addresses_are_never_called() {
    for host in ["169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "0.0.0.0"] {
        let base = format!("https://{host}/fhir");
        let refused = get(&outbound(&base, true), &format!("{base}/Patient"), 100).await;
        assert_eq!(refused, Err(CallError::AddressRefused), "{host}");
    }
}

#[tokio::test]
async fn only_what_is_listed_is_called() {
    let port = server(GOOD).await;
    let outbound = outbound(&format!("http://127.0.0.1:{port}/fhir"), true);
    for url in [
        format!("http://127.0.0.1:{port}/admin"),
        format!("http://127.0.0.1:{port}/fhir/../admin"),
        format!("http://localhost:{port}/fhir/Patient"),
        "http://127.0.0.1:1/fhir/Patient".to_owned(),
        "file:///fhir/Patient".to_owned(),
    ] {
        let refused = get(&outbound, &url, 100).await;
        assert_eq!(refused, Err(CallError::NotListed), "{url}");
    }
    let nothing = Outbound::new(&[], &[], Vec::new()).unwrap();
    let refused = get(&nothing, "https://fhir.example/r4/Patient", 100).await;
    assert_eq!(refused, Err(CallError::NotListed));
}

#[tokio::test]
async fn only_a_whole_answer_of_the_right_type_is_taken() {
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\n\
                   transfer-encoding: chunked\r\n\r\n";
    // A hundred bytes in ten chunks, of which the length is not announced.
    let long = format!("{chunked}{}0\r\n\r\n", "a\r\n1234567890\r\n".repeat(10));
    let long: &'static str = Box::leak(long.into_boxed_str());
    let unended: &'static str = Box::leak(format!("{chunked}a\r\n12345").into_boxed_str());
    for (reply, taken) in [
        (GOOD, Ok("{}")),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=UTF-8\r\n\
             content-length: 2\r\n\r\n{}",
            Ok("{}"),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n{}",
            Err(CallError::MediaType),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            Err(CallError::MediaType),
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n",
            Err(CallError::Status(StatusCode::FOUND)),
        ),
        (
            "HTTP/1.1 204 No Content\r\n\r\n",
            Err(CallError::Status(StatusCode::NO_CONTENT)),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\n\
             content-length: 51\r\n\r\n{}",
            Err(CallError::TooLarge),
        ),
        (long, Err(CallError::TooLarge)),
        (unended, Err(CallError::Connection)),
        ("nonsense", Err(CallError::Connection)),
        ("", Err(CallError::Connection)),
    ] {
        let port = server(reply).await;
        let base = format!("http://127.0.0.1:{port}/fhir");
        let answer = get(&outbound(&base, true), &format!("{base}/Patient"), 50).await;
        assert_eq!(
            answer.as_deref(),
            taken.as_ref().map(|taken| *taken),
            "{reply}"
        );
    }
}

#[tokio::test]
async fn a_budget_is_for_all_calls_together() {
    let port = server(GOOD).await;
    let base = format!("http://127.0.0.1:{port}/fhir");
    let outbound = outbound(&base, true);
    let budget = Budget::new(5);
    let url = Url::parse(&format!("{base}/Patient")).unwrap();
    for taken in [true, true, false] {
        let answer = outbound.get(&url, WANTED, &budget).await;
        assert_eq!(answer.is_ok(), taken, "{answer:?}");
    }
}

#[test]
fn no_error_holds_an_address() {
    for error in [
        CallError::NotListed,
        CallError::AddressRefused,
        CallError::Connection,
        CallError::Status(StatusCode::FOUND),
        CallError::MediaType,
        CallError::TooLarge,
    ] {
        assert!(!error.to_string().contains("://"));
    }
}
