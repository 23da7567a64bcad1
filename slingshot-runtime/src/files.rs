//! Files that go through handlers: uploads, downloads and what is known of a file.

mod download;
mod name;
mod upload;

pub use download::{Download, download_outcome};
pub use name::{FileId, FileNameError};
pub use upload::{Upload, UploadError};

use crate::handler::{CallFailure, CallParts, HandlerArgument};

/// What a call for a file brings beside what every call brings.
#[derive(Debug, Default)]
pub(crate) struct FileParts {
    pub(crate) upload: Option<Upload>,
    pub(crate) id: Option<FileId>,
}

const OF_ITS_KIND: &str = "the macro gives each kind of handler what its requests bring";

#[diagnostic::do_not_recommend]
impl HandlerArgument<'_> for Upload {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        Ok(parts.file.upload.take().expect(OF_ITS_KIND))
    }
}

#[diagnostic::do_not_recommend]
impl HandlerArgument<'_> for FileId {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        Ok(parts.file.id.take().expect(OF_ITS_KIND))
    }
}
