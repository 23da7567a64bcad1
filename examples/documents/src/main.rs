//! Any files a person has, sorted, counted, drawn and put on one page: a module per service, and
//! beside them what several services know of files, texts and the database.

mod archive;
mod content;
mod database;
mod encoding;
#[cfg(test)]
mod rehearsal;
mod report;
mod sample;
mod sniff;
mod thumbnail;
mod unpack;
mod words;

fn main() -> std::process::ExitCode {
    slingshot::run()
}
