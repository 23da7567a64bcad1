//! The way to the broker: TCP or TLS, with a [`Screen`] in front of `lapin`.

use std::{
    io::{self, IoSlice, Read, Write},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use async_rs::{Runtime, Tokio, traits::Reactor, util::RuntimeParts};
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::Stream;
use lapin::{
    AsyncTcpStream, ConnectionProperties,
    tcp::{AMQPUriTcpExt as _, OwnedTLSConfig},
    uri::AMQPUri,
};

use super::{BrokerVersion, greeting::Greeting, screen::Screen};

/// How much is read at once.
const BUFFER: usize = 16 * 1024;

/// Opens a connection whose socket belongs to the runtime that this is called in, and says to whom.
pub(super) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
) -> lapin::Result<(lapin::Connection, Option<BrokerVersion>)> {
    let heard = Arc::<OnceLock<_>>::default();
    let hears = Arc::clone(&heard);
    let tokio = Tokio::current();
    let sockets = Runtime::new(tokio.clone());
    let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), Screening(tokio)));
    let tls = OwnedTLSConfig::default();
    let connect = async move |uri: AMQPUri, _| {
        let stream = uri
            .connect_with_config_async(tls.as_ref(), &sockets)
            .await?;
        let greeting = Some(Greeting::new(&hears));
        Ok(AsyncTcpStream::Plain(Screened::new(stream, greeting)))
    };
    let connection = lapin::Connection::connector(uri, runtime, connect, properties).await?;
    Ok((connection, heard.get().cloned()))
}

type Inner = AsyncTcpStream<<Tokio as Reactor>::TcpStream>;

/// `tokio`'s sockets, each behind a screen.
#[derive(Clone, Debug)]
struct Screening(Tokio);

impl Reactor for Screening {
    type TcpStream = Screened;
    type Sleep = <Tokio as Reactor>::Sleep;

    /// For sockets that others have opened; `lapin` asks for none.
    fn register<H: Read + Write + Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        Err::<Screened, _>(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        let connecting = self.0.tcp_connect_addr(address);
        async move {
            Ok(Screened::new(
                AsyncTcpStream::Plain(connecting.await?),
                None,
            ))
        }
    }
}

/// A socket of which only what has passed the screen is read.
struct Screened {
    inner: Inner,
    screen: Screen,
    /// Until it was heard.
    greeting: Option<Greeting>,
    buffer: Box<[u8]>,
    /// What may be read, and how much of it has been.
    passed: Vec<u8>,
    taken: usize,
}

impl Screened {
    fn new(inner: Inner, greeting: Option<Greeting>) -> Self {
        Self {
            inner,
            screen: Screen::default(),
            greeting,
            buffer: vec![0; BUFFER].into(),
            passed: Vec::new(),
            taken: 0,
        }
    }
}

impl AsyncRead for Screened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        while this.taken == this.passed.len() {
            this.passed.clear();
            this.taken = 0;
            let arrived = ready!(Pin::new(&mut this.inner).poll_read(context, &mut this.buffer))?;
            let heard = |greeting: &mut Greeting| greeting.hear(&this.buffer[..arrived]);
            this.greeting.take_if(heard);
            if arrived > 0 {
                this.screen.pass(&this.buffer[..arrived], &mut this.passed);
                continue;
            }
            this.passed = this.screen.rest();
            if this.passed.is_empty() {
                return Poll::Ready(Ok(0));
            }
        }
        let passed = &this.passed[this.taken..];
        let count = passed.len().min(into.len());
        into[..count].copy_from_slice(&passed[..count]);
        this.taken += count;
        Poll::Ready(Ok(count))
    }
}

impl AsyncWrite for Screened {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(context)
    }
}
