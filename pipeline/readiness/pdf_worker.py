"""A process of its own that opens evidence: it makes each file an inert PDF, and merges those into the dossier.

It reads one job in JSON from standard input and writes one line of JSON for each file that it is done with, so that
whoever started it knows on which file it ended when time or memory ran out.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image, ImageOps

# All that a page needs to look as it does; actions, comments and private data of programs stay behind.
_OF_A_PAGE = frozenset(
    ("/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/TrimBox", "/Rotate", "/Contents", "/Group")
) | {"/UserUnit"}
_BY_ACTION = {
    "/JavaScript": "script",
    "/Launch": "launch",
    "/SubmitForm": "submit",
    "/ImportData": "submit",
    "/GoToE": "embedded_file",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/RichMediaExecute": "media",
}
_BY_ANNOTATION = {
    "/FileAttachment": "embedded_file",
    "/RichMedia": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/Screen": "media",
    "/3D": "media",
}
_A4 = (595.276, 841.89)
_MARGIN = 36
_LONGEST_SIDE = 2200
# A JPEG is made smaller while it is read, a PNG lies in memory whole.
_MOST_PIXELS = {"jpg": 250_000_000, "png": 80_000_000}


def main() -> None:
    """Do the job on standard input within its limits."""
    job = json.load(sys.stdin)
    _limit(job["memory_bytes"])
    if job["do"] == "merge":
        signal.alarm(job["seconds"])
        try:
            _merge(job)
        except MemoryError:
            os.kill(os.getpid(), signal.SIGKILL)
        return
    for one in job["files"]:
        # Without a handler the alarm ends the process, also in the middle of a library's loop.
        signal.alarm(job["seconds"])
        found = _prepared(Path(one["source"]), Path(one["target"]), kind=one["kind"], most_pages=job["most_pages"])
        signal.alarm(0)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _prepared(source: Path, target: Path, *, kind: str, most_pages: int) -> dict[str, Any]:
    try:
        if kind == "pdf":
            return _prepare_pdf(source, target, most_pages=most_pages)
        _prepare_picture(source, target, kind=kind)
    except (MemoryError, Image.DecompressionBombError):
        return {"state": "beyond_limits"}
    except pikepdf.PasswordError:
        return {"state": "encrypted"}
    except Exception:  # whatever a library says of bytes that it cannot read
        return {"state": "broken"}
    return {"state": "sound", "pages_count": 1}


def _prepare_pdf(source: Path, target: Path, *, most_pages: int) -> dict[str, Any]:
    with pikepdf.open(source, attempt_recovery=False) as pdf:
        found: dict[str, Any] = {
            "state": "sound",
            "pages_count": len(pdf.pages),
            "active": sorted(set(_active(pdf))),
            "is_signed": _is_signed(pdf),
            "is_restricted": pdf.is_encrypted,
        }
        if not pdf.pages:
            return {"state": "broken"}
        if len(pdf.pages) <= most_pages:
            _write_inert(pdf, target)
    return found


def _write_inert(pdf: Pdf, target: Path) -> None:
    """The pages alone, with what forms and comments show drawn onto them."""
    if Name.AcroForm in pdf.Root and pdf.Root.AcroForm.get(Name.NeedAppearances, False):
        pdf.generate_appearance_streams()
    pdf.flatten_annotations("all")
    inert = Pdf.new()
    inert.pages.extend(pdf.pages)
    for page in inert.pages:
        for key in set(page.obj.keys()) - _OF_A_PAGE:
            del page.obj[key]
    inert.remove_unreferenced_resources()
    inert.save(target, deterministic_id=True)


def _active(pdf: Pdf) -> Iterator[str]:
    """The kinds of everything that could run, send or unpack itself."""
    if isinstance(opening := pdf.Root.get(Name.OpenAction), Dictionary) and opening.get(Name.S) != Name.GoTo:
        yield "open_action"
    if Name.AA in pdf.Root:
        yield "open_action"
    for one in pdf.objects:
        yield from _active_in(one)


def _active_in(one: Any) -> Iterator[str]:  # noqa: ANN401 any object of a PDF
    """What an object holds itself; those that it refers to come in their own turn."""
    if isinstance(one, Array):
        for part in one:
            yield from _active_in(part) if _is_direct(part) else ()
    if not isinstance(one, Dictionary | pikepdf.Stream):
        return
    for key, kinds in ((Name.S, _BY_ACTION), (Name.Subtype, _BY_ANNOTATION)):
        if (kind := kinds.get(str(one.get(key)))) is not None:
            yield kind
    if Name.JS in one:
        yield "script"
    if Name.EF in one:
        yield "embedded_file"
    for part in one.values() if isinstance(one, Dictionary) else ():
        yield from _active_in(part) if _is_direct(part) else ()


def _is_direct(part: Any) -> bool:  # noqa: ANN401 any object of a PDF
    return isinstance(part, Array | Dictionary) and not part.is_indirect


def _is_signed(pdf: Pdf) -> bool:
    return any(isinstance(one, Dictionary) and one.get(Name.FT) == Name.Sig and Name.V in one for one in pdf.objects)


def _prepare_picture(source: Path, target: Path, *, kind: str) -> None:
    """A picture upright on a page, no finer than print needs, without what the camera noted of place and time."""
    # Twice as many are refused.
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS[kind] // 2
    with Image.open(source, formats=["JPEG" if kind == "jpg" else "PNG"]) as opened:
        opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        picture = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I"):
            picture = picture.convert("I").point(lambda value: value / 256).convert("L")
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        if picture.mode not in ("RGB", "L"):
            whole = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")
    _write_page(picture, target, is_photo=kind == "jpg")


def _write_page(picture: Image.Image, target: Path, *, is_photo: bool) -> None:
    content, packed = io.BytesIO(), {}
    if is_photo:
        picture.save(content, "JPEG", quality=85)
        packed = {"Filter": Name.DCTDecode}
    width, height = _A4 if picture.height >= picture.width else reversed(_A4)
    scale = min((width - 2 * _MARGIN) / picture.width, (height - 2 * _MARGIN) / picture.height, 1)
    wide, high = picture.width * scale, picture.height * scale
    pdf = Pdf.new()
    image = pdf.make_stream(
        content.getvalue() or picture.tobytes(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray if picture.mode == "L" else Name.DeviceRGB,
        **packed,
    )
    drawn = f"q {wide:.2f} 0 0 {high:.2f} {(width - wide) / 2:.2f} {(height - high) / 2:.2f} cm /Picture Do Q"
    page = pdf.add_blank_page(page_size=(width, height))
    page.obj.Resources = Dictionary(XObject=Dictionary(Picture=image))
    page.obj.Contents = pdf.make_stream(drawn.encode())
    pdf.save(target, deterministic_id=True, compress_streams=True)


def _merge(job: dict[str, Any]) -> None:
    """Put the pages of each file behind the page that announces it; bookmarks of the base lead to the same pages."""
    with pikepdf.open(job["base"]) as base:
        for part in sorted(job["parts"], key=lambda one: -one["behind_page"]):
            with pikepdf.open(part["file"]) as pdf:
                place = part["behind_page"]
                base.pages[place:place] = pdf.pages
        base.save(
            job["target"],
            deterministic_id=True,
            compress_streams=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )


if __name__ == "__main__":
    main()
