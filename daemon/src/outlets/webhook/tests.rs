//! Claims about one POST: what is tried again, and whose certificate is believed.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::rustls;

use super::*;

fn poster(to: &str) -> Poster {
    Poster::new(Post { to: to.parse().unwrap(), ca: None })
}

async fn once(to: &Poster) -> Result<(), String> {
    to.post("{}", OF_MANY, |_| ()).await
}

/// A server that answers each request with the next of these heads, then hangs up.
async fn server(heads: &'static [&'static str]) -> (Poster, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move {
        let mut answered = 0;
        for head in heads {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            assert!(read > 0);
            stream.write_all(head.as_bytes()).await.unwrap();
            answered += 1;
        }
        answered
    });
    (poster(&format!("http://{authority}/hook")), serving)
}

#[tokio::test]
async fn what_fails_for_a_moment_is_tried_again() {
    let (to, serving) =
        server(&["HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 204 Fine\r\n\r\n"])
            .await;
    assert_eq!(once(&to).await, Ok(()));
    assert_eq!(serving.await.unwrap(), 2);
}

#[tokio::test]
async fn redirects_are_not_followed_and_refusals_not_repeated() {
    let (to, serving) = server(&[
        "HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    ])
    .await;
    assert!(once(&to).await.unwrap_err().contains("not followed"));
    assert_eq!(serving.await.unwrap(), 1);
    let (to, serving) = server(&["HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"]).await;
    assert!(once(&to).await.unwrap_err().contains("404"));
    assert_eq!(serving.await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_told_after_three_tries() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    drop(listener);
    let to = poster(&format!("http://{authority}/"));
    assert!(once(&to).await.is_err());
}

/// A certificate authority of our own, and its certificate in a file.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let (mut is, key) = (rcgen::CertificateParams::default(), rcgen::KeyPair::generate());
        let key = key.unwrap();
        is.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), is.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: rcgen::Issuer::new(is, key), folder }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server for this name, whose certificate ends in that year; it answers everything well.
    async fn server(&self, name: &str, until: i32) -> std::net::SocketAddr {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut is = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        is.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = is.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 1024];
                let Ok(1..) = stream.read(&mut request).await else { continue };
                let _ = stream.write_all(b"HTTP/1.1 204 Fine\r\n\r\n").await;
            }
        });
        address
    }

    fn poster(&self, address: std::net::SocketAddr) -> Poster {
        let to = format!("https://{address}/hook").parse().unwrap();
        Poster::new(Post { to, ca: Some(self.file()) })
    }
}

#[tokio::test]
async fn who_has_a_certificate_of_those_believed_is_told() {
    let authority = Authority::new();
    let address = authority.server("127.0.0.1", 2200).await;
    assert_eq!(once(&authority.poster(address)).await, Ok(()));
}

// I108
#[tokio::test]
async fn who_cannot_show_who_they_are_is_told_nothing() {
    let authority = Authority::new();
    let why = async |address| once(&authority.poster(address)).await.unwrap_err();
    let expired = authority.server("127.0.0.1", 2020).await;
    assert_eq!(why(expired).await, "its certificate has expired");
    let another = authority.server("hooks.example.org", 2200).await;
    assert_eq!(why(another).await, "its certificate is for another name");
    let stranger = Authority::new().server("127.0.0.1", 2200).await;
    assert!(why(stranger).await.contains("signed by nobody who is believed here"));
    let (plain, _serving) = server(&["HTTP/1.1 204 Fine\r\n\r\n"]).await;
    let plain = format!("127.0.0.1:{}", plain.0.post.to.port).parse().unwrap();
    assert_eq!(why(plain).await, "it speaks no TLS");
}

#[tokio::test]
async fn certificates_that_are_renewed_are_believed_at_the_next_try() {
    let (old, new) = (Authority::new(), Authority::new());
    let to = old.poster(new.server("127.0.0.1", 2200).await);
    assert!(once(&to).await.is_err());
    std::fs::copy(new.file(), old.file()).unwrap();
    assert_eq!(once(&to).await, Ok(()));
    std::fs::remove_file(old.file()).unwrap();
    assert_eq!(once(&to).await, Ok(()), "what was read counts as long as all goes well");
}

// I102
#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_in_the_handshake_is_left_after_its_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = Authority::new();
    let to = authority.poster(listener.local_addr().unwrap());
    to.prepare().await.unwrap();
    let tries = std::cell::Cell::new(0);
    let told = to.post("{}", OF_MANY, |_| tries.set(tries.get() + 1)).await;
    assert_eq!((told, tries.get()), (Err("no answer within 5 s".to_owned()), 2));
}

#[tokio::test]
async fn without_the_file_nothing_is_posted_and_the_file_is_named() {
    let authority = Authority::new();
    let to = authority.poster("127.0.0.1:9".parse().unwrap());
    std::fs::remove_file(authority.file()).unwrap();
    assert!(to.prepare().await.unwrap_err().contains("ca.pem"));
    assert!(once(&to).await.unwrap_err().contains("ca.pem"));
}
