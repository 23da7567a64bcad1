//! A thread for the parser, which goes down a level of its stack for each level of the code.

use std::{
    io,
    sync::{
        Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::Builder,
};

use slingshot_syntax::scan::{Features, FileScan, scan_file};

use crate::exit::Failure;

/// What the deepest code that is parsed takes, in a build without optimisation, with room to spare. Memory that
/// is not used is not taken.
const STACK: usize = 256 << 20;

/// Ends with its last use.
pub(super) struct Scanner {
    work: SyncSender<(String, Features)>,
    done: Mutex<Receiver<(String, FileScan)>>,
}

impl Scanner {
    /// # Errors
    ///
    /// If the system gives no thread.
    pub(super) fn start() -> io::Result<Self> {
        let (work, to_do) = sync_channel::<(String, Features)>(1);
        let (finished, done) = sync_channel(1);
        Builder::new()
            .name("scanner".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                for (text, features) in to_do {
                    let scan = scan_file(&text, &features);
                    if finished.send((text, scan)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            work,
            done: Mutex::new(done),
        })
    }

    /// # Errors
    ///
    /// If the thread has ended, which is a defect of ours.
    pub(super) fn scan(
        &self,
        text: String,
        features: &Features,
    ) -> Result<(String, FileScan), Failure> {
        let gone = || Failure::unreadable("the scan of the sources has ended early");
        self.work
            .send((text, features.clone()))
            .map_err(|_| gone())?;
        self.done
            .lock()
            .map_err(|_| gone())?
            .recv()
            .map_err(|_| gone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_code_that_is_parsed_fits_the_stack() {
        let scanner = Scanner::start().unwrap();
        let inside = |open: &str, close: &str, count| {
            let (open, close) = (open.repeat(count), close.repeat(count));
            format!("fn f() {{ let _: u8 = {open}1{close}; }}")
        };
        let types = format!("type T = {}u8{};", "V<".repeat(1300), ">".repeat(1300));
        for text in [
            inside("(", ")", 120),
            inside("{", "}", 120),
            inside("[", "]", 120),
            inside("!", "", 4000),
            inside("if a {} else ", "", 1000).replace("else 1", "else {}"),
            inside("1 + ", "", 2000),
            "mod m {".repeat(120) + &"}".repeat(120),
            types,
        ] {
            let (_, scan) = scanner.scan(text, &Features::default()).unwrap();
            assert!(scan.unseen.is_empty(), "{:?}", scan.unseen);
        }
    }
}
