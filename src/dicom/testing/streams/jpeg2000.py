"""Streams of JPEG 2000 (.90 .91) by OpenJPEG and of HTJ2K (.201 .202 .203) by OpenJPH. OpenJPEG says what is in the lossy ones."""

import io

import imagecodecs
import numpy
from PIL import Image

from pictures import attributes, decoded, emit, picture

REVERSIBLE, JPEG_2000, HT_REVERSIBLE, HT_RPCL, HT = [f"1.2.840.10008.1.2.4.{end}" for end in (90, 91, 201, 202, 203)]

pictures = {
    "8 bits": (picture(33, 27, 8), 8),
    "12 bits": (picture(40, 61, 12), 12),
    "12 bits, signed": (picture(37, 22, 12, signed=True), 12),
    "16 bits": (picture(70, 45, 16), 16),
    "16 bits, signed": (picture(45, 70, 16, signed=True), 16),
    "16 bits of noise": (picture(19, 64, 16, kind="noise"), 16),
    "8 bits, signed": (picture(19, 31, 8, signed=True), 8),
    "colour": (picture(50, 39, 8, samples=3), 8),
    "colour of 16 bits": (picture(21, 34, 16, samples=3), 16),
    "one pixel": (picture(1, 1, 12), 12),
    "one row": (picture(1, 77, 16, kind="patches"), 16),
    "one column": (picture(77, 1, 8, kind="patches"), 8),
    "one value": (picture(30, 30, 12, kind="flat"), 12),
}


def give(name, syntax, array, bits, stream, *, lossless, mct, intact=True):
    image = attributes(array, bits)
    if array.ndim == 3 and mct:
        image["PhotometricInterpretation"] = "YBR_RCT" if lossless else "YBR_ICT"
    photometric = "RGB" if array.ndim == 3 else None
    found = decoded(image, syntax, bytes(stream)).reshape(array.shape)
    assert not (lossless and intact) or (found == array).all(), name
    emit(name, syntax, image, bytes(stream), found, tolerance=0 if lossless else 1, photometric=photometric)


def tiled(array, side):
    return {"tile": (side, side)} if min(array.shape[:2]) > side else {}


for kind, (array, bits) in pictures.items():
    isColour = array.ndim == 3
    for mct in {False, isColour}:
        for resolutions in (1, 2, 5, 6):
            for options in ({}, {"tlm": True}, tiled(array, 16), tiled(array, 32), {"tilepart": 1, **tiled(array, 16)}):
                name = f"HTJ2K, {kind}, {resolutions} resolutions, {options}, mct {mct}"
                stream = imagecodecs.htj2k_encode(array, rgb=mct, resolutions=resolutions, **options)
                give(name, HT_REVERSIBLE, array, bits, stream, lossless=True, mct=mct)
                give(name, HT_RPCL, array, bits, stream, lossless=True, mct=mct)
        for step in (0.002, 0.02):
            stream = imagecodecs.htj2k_encode(array, level=step, reversible=False, rgb=mct, **tiled(array, 32))
            give(f"HTJ2K, {kind}, steps of {step}, mct {mct}", HT, array, bits, stream, lossless=False, mct=mct)
        stream = imagecodecs.htj2k_encode(array, reversible=True, rgb=mct)
        give(f"HTJ2K, {kind}, reversible as .203, mct {mct}", HT, array, bits, stream, lossless=True, mct=mct)

        for depth in {bits, array.dtype.itemsize * 8}:
            for options in ({}, {"resolutions": 1}, {"resolutions": 2}, {"codecformat": "jp2"}):
                name = f"imagecodecs, {kind} as {depth}, {options}, mct {mct}"
                options = {"codecformat": "j2k", "reversible": True, **options}
                stream = imagecodecs.jpeg2k_encode(array, level=0, bitspersample=depth, mct=mct, **options)
                give(name, REVERSIBLE, array, bits, stream, lossless=True, mct=mct)
                give(name, JPEG_2000, array, bits, stream, lossless=True, mct=mct)
        for level in (30, 50):
            options = {"codecformat": "j2k", "bitspersample": bits, "mct": mct}
            stream = imagecodecs.jpeg2k_encode(array, level=level, reversible=False, **options)
            give(f"imagecodecs, {kind}, {level} dB, mct {mct}", JPEG_2000, array, bits, stream, lossless=False, mct=mct)


def pillow(array, **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "JPEG2000", **options)
    return file.getvalue()


for kind in ("8 bits", "16 bits", "colour"):
    array, bits = pictures[kind]
    for progression in ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL"):
        for options in (
            {},
            {"quality_mode": "rates", "quality_layers": [40, 10, 4, 1]},
            {"tile_size": (16, 16), "num_resolutions": 3},
            {"precinct_size": (32, 32), "codeblock_size": (8, 8), "num_resolutions": 2},
            {"plt": True, "no_jp2": True},
        ):
            lossy = {"irreversible": True, "quality_mode": "dB", "quality_layers": [25, 35, 45]}
            for lossless in (True, False):
                asked = {**options, "mct": int(array.ndim == 3), "progression": progression, **({} if lossless else lossy)}
                name = f"Pillow, {kind}, {asked}"
                stream = pillow(array, **asked)
                syntax = REVERSIBLE if lossless else JPEG_2000
                # Pillow mixes up the tiles of 16 bits; the stream is a right one of that picture.
                intact = not (bits == 16 and "tile_size" in options)
                give(name, syntax, array, bits, stream, lossless=lossless, mct=True, intact=intact)


def said(name, stream, array, bits, **attributes_said):
    """Streams whose bits or sign are not those of the data set."""
    image = {**attributes(array, bits), **attributes_said}
    image["HighBit"] = image["BitsStored"] - 1
    for syntax in (REVERSIBLE, HT_REVERSIBLE):
        emit(name, syntax, image, stream[syntax], array)


def both(array, bits):
    return {
        REVERSIBLE: imagecodecs.jpeg2k_encode(array, level=0, codecformat="j2k", bitspersample=bits, reversible=True),
        HT_REVERSIBLE: imagecodecs.htj2k_encode(array),
    }


array = picture(22, 31, 10)
said("10 bits, said to be 12", both(array, 10), array, 12)
said("10 bits, said to be 16", both(array, 10), array, 16)
array = picture(22, 31, 12, signed=True)
said("12 bits, signed, said to be 16", both(array, 12), array, 16)
said("12 bits, signed, said to have no sign", both(array, 12), array, 12, PixelRepresentation=0)
array = picture(22, 31, 8)
said("8 bits in 16", both(array, 8), array.astype("u2"), 8)
said("8 bits in 16, said to be 12", both(array, 8), array.astype("u2"), 12)
array = picture(22, 31, 8, signed=True)
said("8 bits, signed, in 16", both(array, 8), array.astype("i2"), 8)
said("8 bits, signed, in 16, said to be 16", both(array, 8), array.astype("i2"), 16)
