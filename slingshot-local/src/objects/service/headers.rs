//! Between S3's wide structs of headers and our few.
//!
//! The structs of `s3s` share field names and no trait, hence macros.

use axum::http::HeaderMap;
use s3s::dto::ChecksumAlgorithm;

/// The headers that a client stores with an object.
macro_rules! properties {
    ($input:expr) => {
        crate::objects::record::Properties {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone(),
            user: $input
                .metadata
                .clone()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}

/// The conditions of a request to read.
macro_rules! read_condition {
    ($input:expr) => {
        crate::objects::condition::ReadCondition {
            if_match: $input.if_match.clone(),
            if_none_match: $input.if_none_match.clone(),
            if_modified_since: $input.if_modified_since.clone(),
            if_unmodified_since: $input.if_unmodified_since.clone(),
        }
    };
}

/// The checksums that a request gives.
macro_rules! given_checksums {
    ($input:expr) => {
        crate::objects::record::Checksums {
            crc32: $input.checksum_crc32.clone(),
            crc32c: $input.checksum_crc32c.clone(),
            crc64nvme: $input.checksum_crc64nvme.clone(),
            sha1: $input.checksum_sha1.clone(),
            sha256: $input.checksum_sha256.clone(),
            composite: false,
        }
    };
}

/// What a request promises about its body.
macro_rules! promised {
    ($request:expr) => {
        crate::objects::digest::Promised {
            md5: $request.input.content_md5.clone(),
            checksums: headers::given_checksums!($request.input),
            algorithm: headers::algorithm(
                &$request.headers,
                $request.input.checksum_algorithm.as_ref(),
            ),
            trailers: $request.trailing_headers.clone(),
        }
    };
}

/// Answers the checksums of an object or a part.
macro_rules! write_checksums {
    ($output:expr, $checksums:expr) => {{
        let checksums = $checksums;
        $output.checksum_crc32 = checksums.crc32;
        $output.checksum_crc32c = checksums.crc32c;
        $output.checksum_crc64nvme = checksums.crc64nvme;
        $output.checksum_sha1 = checksums.sha1;
        $output.checksum_sha256 = checksums.sha256;
    }};
}

/// Answers what is known about an object.
macro_rules! write_object {
    ($output:expr, $object:expr, $part:expr) => {{
        let properties = $object.record.properties.clone();
        $output.accept_ranges = Some("bytes".to_owned());
        $output.content_length = $part.content_length();
        $output.content_range = $part.content_range();
        $output.e_tag = Some(s3s::dto::ETag::Strong($object.record.e_tag.clone()));
        $output.last_modified = Some(s3s::dto::Timestamp::from($object.modified));
        $output.content_type = properties
            .content_type
            .or_else(|| Some(headers::DEFAULT_CONTENT_TYPE.to_owned()));
        $output.cache_control = properties.cache_control;
        $output.content_disposition = properties.content_disposition;
        $output.content_encoding = properties.content_encoding;
        $output.content_language = properties.content_language;
        $output.expires = properties.expires;
        $output.metadata = Some(properties.user.into_iter().collect());
    }};
}

pub(super) use {
    given_checksums, promised, properties, read_condition, write_checksums, write_object,
};

/// What S3 says of bytes whose type nobody gave.
pub(super) const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// The checksum algorithm that a request names, by header or as the trailer that will follow.
pub(super) fn algorithm(
    headers: &HeaderMap,
    algorithm: Option<&ChecksumAlgorithm>,
) -> Option<String> {
    if let Some(algorithm) = algorithm {
        return Some(algorithm.as_str().to_ascii_lowercase());
    }
    let trailers = headers.get("x-amz-trailer")?.to_str().ok()?;
    trailers
        .split(',')
        .find_map(|name| name.trim().strip_prefix("x-amz-checksum-"))
        .map(str::to_owned)
}
