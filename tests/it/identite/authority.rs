//! An authority that vouches for those who speak over TLS, and the doors of those it vouches for.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

/// Signs certificates.
pub(super) struct Authority {
    own: CertifiedIssuer<'static, KeyPair>,
    /// Holds its certificate, until it is dropped.
    pub(super) file: PathBuf,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Authority {
    pub(super) fn named(name: &str) -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let file = format!("essaim-authority-{name}-{}.pem", std::process::id());
        let file = std::env::temp_dir().join(file);
        std::fs::write(&file, own.pem())?;
        Ok(Self { own, file })
    }

    /// A door of the one whom it knows by that name.
    pub(super) async fn door(&self, name: &str) -> anyhow::Result<Secure> {
        let key = KeyPair::generate()?;
        let signed = CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.own)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key)?;
        Ok(Secure {
            listener: TcpListener::bind("127.0.0.1:0").await?,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            hung_up: Arc::default(),
        })
    }
}

/// A door that is spoken through over TLS.
pub(super) struct Secure {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    /// How many hung up once they had seen the certificate.
    pub(super) hung_up: Arc<AtomicUsize>,
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, from)) = self.listener.accept().await else { continue };
            match self.acceptor.accept(stream).await {
                Ok(stream) => return (stream, from),
                Err(_) => self.hung_up.fetch_add(1, Ordering::SeqCst),
            };
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
