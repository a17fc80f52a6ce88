"""PDFs for tests, made from nothing: pages of text, pages without text, and hostile ones."""

import zlib
from collections.abc import Sequence


def pdf(*pages: Sequence[str]) -> bytes:
    """Return a PDF whose pages hold these lines."""
    contents = [_shown(lines) for lines in pages]
    return assembled([b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text) for text in contents])


def bomb(num_bytes: int) -> bytes:
    """Return a PDF of one page whose content unpacks to many bytes."""
    packer = zlib.compressobj(1)
    block = b"q\n" * 500_000
    packed = b"".join(packer.compress(block) for _ in range(num_bytes // len(block))) + packer.flush()
    return assembled([b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)])


def assembled(streams: Sequence[bytes], num_pages: int | None = None) -> bytes:
    """Return a PDF with a page for each content stream; more pages repeat the last one."""
    count = num_pages or len(streams)
    first = 3 + len(streams)
    kids = b" ".join(b"%d 0 R" % (first + 1 + number) for number in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        *streams,
    ]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for number in range(count):
        content = 3 + min(number, len(streams) - 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 %d 0 R >> >> >>" % (content, first)
        )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _shown(lines: Sequence[str]) -> bytes:
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    return ("BT /F1 12 Tf 72 720 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET").encode("latin-1")
