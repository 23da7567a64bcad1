"""The embedded object store as boto3 sees it: boto3_suite.py ENDPOINT ACCESS_KEY SECRET_KEY.

Plain assertions; the exit status says whether all of them hold. The same file runs against any other
S3 server, which is how its expectations are kept honest.
"""

import hashlib
import io
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

BUCKET = "boto3-suite"
MIB = 1024 * 1024


def code(call, **arguments):
    """The error code of a call that must fail."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("the call should have failed")


def simple_objects(s3):
    s3.put_object(Bucket=BUCKET, Key="42", Body=b"hello", ContentType="text/plain", Metadata={"who": "me"})
    got = s3.get_object(Bucket=BUCKET, Key="42")
    assert got["Body"].read() == b"hello"
    assert (got["ContentType"], got["Metadata"], got["ContentLength"]) == ("text/plain", {"who": "me"}, 5)
    assert got["ETag"] == '"%s"' % hashlib.md5(b"hello").hexdigest()
    part = s3.get_object(Bucket=BUCKET, Key="42", Range="bytes=1-3")
    assert (part["Body"].read(), part["ContentRange"]) == (b"ell", "bytes 1-3/5")
    assert code(s3.get_object, Bucket=BUCKET, Key="none") == "NoSuchKey"
    assert code(s3.head_object, Bucket=BUCKET, Key="none") == "404"
    assert code(s3.put_object, Bucket=BUCKET, Key="42", Body=b"", IfNoneMatch="*") == "PreconditionFailed"
    s3.delete_object(Bucket=BUCKET, Key="42")


def keys_and_listings(s3):
    keys = ["a", "a/b", "a/b/c", "42/", "a//b", "dir/ü ñ+&=?#%.txt", "Upper", "upper", "k" * 1000]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for key in keys:
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode(), key
    for operation in ["list_objects", "list_objects_v2"]:
        pages = s3.get_paginator(operation).paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 2})
        listed = [line["Key"] for page in pages for line in page.get("Contents", [])]
        assert listed == sorted(keys, key=str.encode), (operation, listed)
    top = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    assert [line["Prefix"] for line in top["CommonPrefixes"]] == ["42/", "a/", "dir/"]
    copied = s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "dir/ü ñ+&=?#%.txt"})
    assert copied["CopyObjectResult"]["ETag"]
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in [*keys, "copy"]]})
    assert len(deleted["Deleted"]) == len(keys) + 1 and "Errors" not in deleted
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def large_objects(s3):
    body = bytes(range(256)) * (20 * MIB // 256)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "big", Config=TransferConfig(multipart_chunksize=8 * MIB))
    head = s3.head_object(Bucket=BUCKET, Key="big")
    assert (head["ContentLength"], head["ETag"].endswith('-3"')) == (20 * MIB, True)
    back = io.BytesIO()
    s3.download_fileobj(BUCKET, "big", back)
    assert hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(body).digest()

    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    names = {"Bucket": BUCKET, "Key": "parts", "UploadId": upload}
    first = s3.upload_part(**names, PartNumber=1, Body=b"1" * 5 * MIB)
    second = s3.upload_part_copy(**names, PartNumber=2, CopySource=f"{BUCKET}/big", CopySourceRange="bytes=0-9")
    listed = s3.list_parts(**names)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, 5 * MIB), (2, 10)]
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"0"'}]}
    assert code(s3.complete_multipart_upload, **names, MultipartUpload=wrong) == "InvalidPart"
    whole = [
        {"PartNumber": 1, "ETag": first["ETag"]},
        {"PartNumber": 2, "ETag": second["CopyPartResult"]["ETag"]},
    ]
    s3.complete_multipart_upload(**names, MultipartUpload={"Parts": whole})
    assert s3.get_object(Bucket=BUCKET, Key="parts")["Body"].read()[-10:] == bytes(range(10))
    assert code(s3.abort_multipart_upload, **names) == "NoSuchUpload"
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "big"}, {"Key": "parts"}]})


def checksums(s3):
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket=BUCKET, Key="sum", Body=b"hello", ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
        assert got["Checksum" + algorithm] and got["Body"].read() == b"hello", algorithm
    assert code(s3.put_object, Bucket=BUCKET, Key="sum", Body=b"x", ChecksumCRC32="AAAAAA==") == "BadDigest"
    s3.delete_object(Bucket=BUCKET, Key="sum")


def presigned_urls(s3):
    key = "presigned key"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": key})
    urllib.request.urlopen(urllib.request.Request(put, data=b"by url", method="PUT")).read()
    get = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key})
    assert urllib.request.urlopen(get).read() == b"by url"
    s3.delete_object(Bucket=BUCKET, Key=key)


def main():
    endpoint, access_key, secret_key = sys.argv[1:]

    def client(secret):
        return boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            region_name="us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    s3 = client(secret_key)
    s3.create_bucket(Bucket=BUCKET)
    assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for check in [simple_objects, keys_and_listings, large_objects, checksums, presigned_urls]:
        check(s3)
        print("ok", check.__name__)
    s3.delete_bucket(Bucket=BUCKET)
    assert code(s3.head_bucket, Bucket=BUCKET) == "404"
    assert code(client("wrong").list_buckets) == "SignatureDoesNotMatch"


main()
