//! `thumbnail` draws a picture small.

use std::io::{Cursor, Read as _, Write as _};

use image::{
    DynamicImage, GenericImageView as _, ImageDecoder as _, ImageError, ImageReader, Limits,
    codecs::jpeg::JpegEncoder,
};
use slingshot::prelude::*;

use crate::database::{self, Picture};

/// The longest sides of a thumbnail.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 360;

/// Of a thumbnail without transparency.
const JPEG_QUALITY: u8 = 82;

/// The largest file that is read into memory.
const READ_AT_MOST: u64 = 64 << 20;

/// A file of kilobytes may claim to be a picture of gigabytes: past these it is not decoded.
const LONGEST_SIDE: u32 = 30_000;
const DECODED_BYTES: u64 = 256 << 20;

/// What became of a picture.
#[derive(Case, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    Drawn,
    Damaged,
    TooLarge,
}

/// Draws a picture as a JPEG, or as a PNG if it is transparent somewhere.
#[microservice(name = "thumbnail", replicas = 2, startup = database::prepare)]
pub(crate) fn thumbnail(
    write_file: &WriteFileFn,
    read_file: &ReadFileFn,
    request: u64,
    connection: &mut PgConnection,
) -> Result<(u64, Drawing), AnyError> {
    let mut bytes = Vec::new();
    read_file("in", request)?
        .take(READ_AT_MOST + 1)
        .read_to_end(&mut bytes)?;
    match draw(&bytes) {
        Ok(thumbnail) => {
            write_file("out", request)?.write_all(&thumbnail.bytes)?;
            let picture = Picture {
                document: request.cast_signed(),
                width: thumbnail.original.0.into(),
                height: thumbnail.original.1.into(),
                thumbnail_type: thumbnail.media_type.to_owned(),
            };
            database::store_picture(connection, &picture)?;
            database::store_problem(connection, request, None)?;
            Ok((request, Drawing::Drawn))
        }
        Err(refusal) => {
            database::store_problem(connection, request, Some(&refusal.to_string()))?;
            Ok((request, refusal.case()))
        }
    }
}

struct Thumbnail {
    bytes: Vec<u8>,
    media_type: &'static str,
    /// Width and height of the picture, turned upright.
    original: (u32, u32),
}

/// Why a picture is not drawn. Trying again would not help, so these are results, not errors.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the picture is damaged: {0}")]
    Damaged(ImageError),
    #[error("the picture ends before its end")]
    Truncated,
    #[error("the picture is larger than this service decodes")]
    TooLarge,
}

impl Refusal {
    fn case(&self) -> Drawing {
        match self {
            Self::Damaged(_) | Self::Truncated => Drawing::Damaged,
            Self::TooLarge => Drawing::TooLarge,
        }
    }
}

impl From<ImageError> for Refusal {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            // All bytes are in memory, so that an i/o error can only be their end.
            ImageError::IoError(_) => Self::Truncated,
            error => Self::Damaged(error),
        }
    }
}

fn draw(bytes: &[u8]) -> Result<Thumbnail, Refusal> {
    if bytes.len() as u64 > READ_AT_MOST {
        return Err(Refusal::TooLarge);
    }
    if is_cut_jpeg(bytes) {
        return Err(Refusal::Truncated);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(ImageError::IoError)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits.clone());

    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let original = picture.dimensions();
    if original.0 > WIDTH || original.1 > HEIGHT {
        picture = picture.thumbnail(WIDTH, HEIGHT);
    }
    encode(&picture, original)
}

fn encode(picture: &DynamicImage, original: (u32, u32)) -> Result<Thumbnail, Refusal> {
    let rgba = picture.to_rgba8();
    let mut bytes = Cursor::new(Vec::new());
    let media_type = if rgba.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
        rgba.write_to(&mut bytes, image::ImageFormat::Png)?;
        "image/png"
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        picture.to_rgb8().write_with_encoder(encoder)?;
        "image/jpeg"
    };
    Ok(Thumbnail {
        bytes: bytes.into_inner(),
        media_type,
        original,
    })
}

/// Whether a JPEG lacks the marker that ends it. Its decoder fills what is missing with grey and says
/// nothing; every other format's reports it. Segments are skipped, because a camera's may hold a
/// whole small JPEG. (ITU T.81, section B.1.1)
fn is_cut_jpeg(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(b"\xFF\xD8") else {
        return false;
    };
    loop {
        match rest {
            [0xFF, 0xDA, scan @ ..] => return !scan.windows(2).any(|marker| marker == b"\xFF\xD9"),
            [0xFF, rest_of_fill @ ..] if rest_of_fill.first() == Some(&0xFF) => rest = rest_of_fill,
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                match rest.get(2 + length..) {
                    Some(next) => rest = next,
                    None => return true,
                }
            }
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use diesel::prelude::*;

    use super::*;
    use crate::{content::Content, database::pictures, rehearsal};

    #[track_caller]
    fn check(file: &str, original: (u32, u32), small: (u32, u32), media_type: &str) {
        let thumbnail = draw(&rehearsal::shipped(file)).unwrap();
        assert_eq!(thumbnail.original, original, "{file}");
        assert_eq!(thumbnail.media_type, media_type, "{file}");
        let drawn = image::load_from_memory(&thumbnail.bytes).unwrap();
        assert_eq!(drawn.dimensions(), small, "{file}");
    }

    #[test]
    fn every_format_is_drawn_small_and_upright() {
        check("evening-hills.jpg", (1280, 820), (480, 308), "image/jpeg");
        check(
            "telephone-portrait.jpg",
            (560, 840),
            (240, 360),
            "image/jpeg",
        );
        check("sunflower.png", (420, 420), (360, 360), "image/png");
        check("tiles.txt", (480, 320), (480, 320), "image/jpeg");
        check("seahorse-valley.webp", (720, 480), (480, 320), "image/jpeg");
        check("orbits.gif", (200, 200), (200, 200), "image/jpeg");
        check("plasma.bmp", (64, 48), (64, 48), "image/jpeg");
    }

    #[test]
    fn a_picture_that_is_cut_off_is_damaged_in_every_format() {
        assert_eq!(
            draw(&rehearsal::shipped("truncated.jpg"))
                .err()
                .unwrap()
                .case(),
            Drawing::Damaged
        );
        for file in [
            "telephone-portrait.jpg",
            "sunflower.png",
            "seahorse-valley.webp",
            "plasma.bmp",
        ] {
            let whole = rehearsal::shipped(file);
            for kept in [whole.len() / 50, whole.len() / 2, whole.len() * 9 / 10] {
                let refusal = draw(&whole[..kept]).err();
                let case = refusal.map(|refusal| refusal.case());
                assert_eq!(
                    case,
                    Some(Drawing::Damaged),
                    "{file}, {kept} bytes of {}",
                    whole.len()
                );
            }
        }
    }

    /// A BMP's header, 54 bytes, that promises more pixels than anybody has memory for.
    #[test]
    fn a_small_file_that_claims_to_be_huge_is_not_decoded() {
        let mut bomb = rehearsal::shipped("plasma.bmp");
        for (width, height) in [(29_000_i32, 29_000_i32), (40_000, 10)] {
            bomb[18..22].copy_from_slice(&width.to_le_bytes());
            bomb[22..26].copy_from_slice(&height.to_le_bytes());
            let refusal = draw(&bomb).err().unwrap();
            assert_eq!(
                refusal.case(),
                Drawing::TooLarge,
                "{width} × {height}: {refusal}"
            );
        }
    }

    #[test]
    fn a_drawn_picture_is_an_object_and_a_row() {
        let bytes = rehearsal::shipped("sunflower.png");
        let buckets = Buckets::with("in", 7, &bytes);
        let connection = &mut rehearsal::database();
        database::store_document(connection, 7, &Content::of_start(&bytes)).unwrap();
        for _attempt in 1..=2 {
            let (id, case) =
                thumbnail(&buckets.write_file(), &buckets.read_file(), 7, connection).unwrap();
            assert_eq!((id, case), (7, Drawing::Drawn));
        }
        image::load_from_memory(&buckets.get("out", 7).unwrap()).unwrap();
        let rows: Vec<Picture> = pictures::table
            .select(Picture::as_select())
            .load(connection)
            .unwrap();
        let expected = Picture {
            document: 7,
            width: 420,
            height: 420,
            thumbnail_type: "image/png".to_owned(),
        };
        assert_eq!(rows, [expected]);
    }
}
