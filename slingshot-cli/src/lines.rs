//! What a program that was started prints, line by line.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Gives each line to `take`, without what ends it, until the program ends or closes the stream.
pub(crate) async fn each(stream: Option<impl AsyncRead + Unpin>, mut take: impl FnMut(String)) {
    let Some(stream) = stream else { return };
    let mut lines = BufReader::new(stream).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        take(String::from_utf8_lossy(&line).trim_end().to_owned());
    }
}
