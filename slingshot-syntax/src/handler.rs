//! `#[handler(..)]`, `#[upload]`, `#[download]` and `#[metadata]` on a function: what it says, and
//! whether it can answer requests.

mod words;

use proc_macro2::TokenStream;
use syn::{Signature, ext::IdentExt};

pub use self::words::HandlerWords;
use crate::{ArgumentKind, Function, Mistakes, argument::Taker, names, signature};

/// A function that answers requests.
#[derive(Clone, Debug)]
pub struct Handler {
    /// Which requests.
    pub kind: HandlerKind,
    /// The words of the attribute.
    pub words: HandlerWords,
    /// The function under it.
    pub function: Function,
}

/// Which requests a function answers: one kind an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    /// `#[handler]`: those under its own name, and those of the bus.
    Request,
    /// `#[upload]`: files that come in.
    Upload,
    /// `#[download]`: files that go out.
    Download,
    /// `#[metadata]`: what there is to say of a file.
    Metadata,
}

const HANDLER: Taker = Taker {
    noun: "a handler",
    kinds: &[
        ArgumentKind::Text,
        ArgumentKind::BorrowedText,
        ArgumentKind::Json,
        ArgumentKind::Bytes,
        ArgumentKind::Payload,
        ArgumentKind::Source,
        ArgumentKind::Bus,
        ArgumentKind::SharedState,
        ArgumentKind::RequestHead,
        ArgumentKind::Queues,
    ],
    listed: "one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, \
             `&SharedState`, `&RequestHead` and `&Queues`",
};

const UPLOAD: Taker = Taker {
    noun: "an upload function",
    kinds: &[
        ArgumentKind::Upload,
        ArgumentKind::Source,
        ArgumentKind::Bus,
        ArgumentKind::SharedState,
        ArgumentKind::RequestHead,
        ArgumentKind::Queues,
    ],
    listed: "`Upload`, `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`",
};

const DOWNLOAD: Taker = Taker {
    noun: "a download function",
    kinds: &[
        ArgumentKind::FileId,
        ArgumentKind::Source,
        ArgumentKind::Bus,
        ArgumentKind::SharedState,
        ArgumentKind::RequestHead,
        ArgumentKind::Queues,
    ],
    listed: "`FileId`, `Source`, `&Bus`, `&SharedState`, `&RequestHead` and `&Queues`",
};

const METADATA: Taker = Taker {
    noun: "a metadata function",
    ..DOWNLOAD
};

impl HandlerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Request, Self::Upload, Self::Download, Self::Metadata];

    /// The attribute's name.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Request => "handler",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Metadata => "metadata",
        }
    }

    fn taker(self) -> &'static Taker {
        match self {
            Self::Request => &HANDLER,
            Self::Upload => &UPLOAD,
            Self::Download => &DOWNLOAD,
            Self::Metadata => &METADATA,
        }
    }
}

impl Handler {
    /// Reads the attribute's words and the function's tokens; the body is not looked at.
    ///
    /// # Errors
    ///
    /// Every mistake, when there is one.
    pub fn parse(
        kind: HandlerKind,
        words: TokenStream,
        item: TokenStream,
    ) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let attribute = kind.attribute();
        let misplaced = format!(
            "`#[{attribute}]` belongs on a function; move it to the `fn` that answers the requests"
        );
        let Some(signature) = signature::parse(item, &misplaced, &mut mistakes) else {
            HandlerWords::read(kind, words, &mut mistakes);
            return Err(mistakes);
        };
        let (handler, mistakes) = Self::read(kind, words, &signature);
        if mistakes.is_empty() {
            Ok(handler)
        } else {
            Err(mistakes)
        }
    }

    /// Reads the attribute's words and the function's signature.
    pub fn read(kind: HandlerKind, words: TokenStream, signature: &Signature) -> (Self, Mistakes) {
        let mut mistakes = Mistakes::default();
        let words = HandlerWords::read(kind, words, &mut mistakes);
        if kind != HandlerKind::Request && signature.asyncness.is_none() {
            mistakes.at(
                signature.fn_token,
                format!(
                    "{} waits for the network: write `async fn`",
                    kind.taker().noun
                ),
            );
        }
        let function = Function::read(signature, kind.taker(), &mut mistakes);
        let handler = Self {
            kind,
            words,
            function,
        };
        if kind == HandlerKind::Request
            && handler.words.name.is_none()
            && let Some(mistake) = names::handler_mistake(&handler.name())
        {
            mistakes.at(
                &handler.function.name,
                format!("{mistake} (`name = \"..\"`)"),
            );
        }
        (handler, mistakes)
    }

    /// The handler's name: the word `name`, else the function's name.
    pub fn name(&self) -> String {
        match &self.words.name {
            Some(name) => name.value(),
            None => self.function.name.unraw().to_string(),
        }
    }
}
