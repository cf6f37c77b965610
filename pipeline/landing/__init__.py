"""The landing zone: raw bytes addressed by their hash, with manifests that say what they are."""

from pipeline.landing.manifests import (
    LandedFile,
    Manifest,
    as_plain,
    from_plain,
    manifest_path,
    manifests_of,
    read_manifest,
    read_manifest_at,
    whole_manifests,
    write_manifest,
)
from pipeline.landing.matching import is_left_behind, matching_files, matching_objects, refuse_unwritable_name
from pipeline.landing.objects import (
    hash_of,
    is_whole,
    land_bytes,
    landed_object,
    landing_notes,
    object_path,
    put_again,
    unaltered,
)
from pipeline.landing.source_files import land

__all__ = [
    "LandedFile",
    "Manifest",
    "as_plain",
    "from_plain",
    "hash_of",
    "is_left_behind",
    "is_whole",
    "land",
    "land_bytes",
    "landed_object",
    "landing_notes",
    "manifest_path",
    "manifests_of",
    "matching_files",
    "matching_objects",
    "object_path",
    "put_again",
    "read_manifest",
    "read_manifest_at",
    "refuse_unwritable_name",
    "unaltered",
    "whole_manifests",
    "write_manifest",
]
