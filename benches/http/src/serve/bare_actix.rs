//! actix-web, with as many workers as there are cores.

use actix_web::{App, HttpServer, web};

use super::{Answer, Envelope};

pub(super) fn serve(port: u16) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(|| App::new().route("/echo", web::post().to(echo)));
        server.bind(("127.0.0.1", port))?.run().await?;
        Ok(())
    })
}

async fn echo(body: web::Bytes) -> web::Json<Answer> {
    let envelope: Envelope = serde_json::from_slice(&body).expect("an envelope");
    web::Json(Answer::of(envelope.data))
}
