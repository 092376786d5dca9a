"""Objects that pydicom writes, and each frame as its functions make it a picture of 8 bits: one JSON object a line."""

import base64
import copy
import io
import json
import pathlib
import sys

import numpy
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, apply_windowing
from pydicom.sequence import Sequence

sys.path.insert(0, str(pathlib.Path(__file__).parent / "streams"))
from pictures import dataset, picture, run, written  # noqa: E402

SYNTAXES = {"implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1"}


def item(**attributes):
    """A data set or an item of these attributes."""
    made = Dataset()
    for key, value in attributes.items():
        setattr(made, key, value)
    return made


def spelled(data, spelling):
    """The file in an encoding. pydicom does not turn the bytes of words for big endian; dcmtk does."""
    data.file_meta.TransferSyntaxUID = SYNTAXES["explicit" if spelling == "big" else spelling]
    if spelling == "big":
        return run("dcmconv", "+tb", written(data)).read_bytes()
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True, implicit_vr=spelling == "implicit", little_endian=True)
    return file.getvalue()


def emit(name, data, pictures):
    """`pictures`: of each frame in grey levels."""
    for spelling in ("implicit", "explicit", "big"):
        file = base64.b64encode(spelled(data, spelling)).decode()
        for frame, expected in enumerate(pictures, 1):
            levels = base64.b64encode(numpy.clip(numpy.round(expected), 0, 255).astype("u1").tobytes()).decode()
            rows, columns = expected.shape[:2]
            line = {"name": f"{name}, {spelling}", "file": file, "frame": frame, "pixels": levels}
            print(json.dumps({**line, "height": rows, "width": columns, "channels": 3 if expected.ndim == 3 else 1}))


def windowed(values, attributes):
    """Values through the window of a data set, from 0 to 255."""
    attributes.PhotometricInterpretation = "MONOCHROME2"
    # Its range depends on bits and rescale; the ends of the range are what lies far outside of the window.
    low, high = apply_windowing(numpy.array([-1e9, 1e9]), attributes)
    return (apply_windowing(values.astype("f8"), attributes) - low) / (high - low) * 255


def stretched(values):
    """From lowest to highest."""
    finite = values[numpy.isfinite(values)]
    low, high = finite.min(), finite.max()
    return numpy.nan_to_num((values.astype("f8") - low) / (high - low) * 255, nan=0, posinf=255, neginf=0)


def of_numbers():
    """Float Pixel Data and Double Float Pixel Data."""
    for keyword, dtype, bits in (("FloatPixelData", "f4", 32), ("DoubleFloatPixelData", "f8", 64)):
        y, x = numpy.mgrid[0:19, 0:23]
        frames = numpy.stack([(numpy.sin(x / 3 + n) * numpy.cos(y / 5) * 1e4 * (n + 1) - 77.25) for n in range(3)]).astype(dtype)
        for name, values in {"one": frames[:1], "three": frames}.items():
            made = dataset(numpy.zeros((19, 23), "u1"), 8)
            for unused in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
                delattr(made, unused)
            made.BitsAllocated = bits
            if name == "three":
                made.NumberOfFrames = 3
            setattr(made, keyword, values.tobytes())
            emit(f"{keyword}, {name}", made, [stretched(frame) for frame in values])
            made.WindowCenter, made.WindowWidth = "-200.5", "9000.25"
            expected = [windowed(frame, item(BitsStored=16, PixelRepresentation=1, WindowCenter=-200.5, WindowWidth=9000.25)) for frame in values]
            emit(f"{keyword}, {name}, in a window", made, expected)
        with_others = frames[0].copy()
        with_others[3, 4], with_others[5, 6], with_others[7, 8] = numpy.nan, numpy.inf, -numpy.inf
        setattr(made, keyword, with_others.tobytes())
        del made.NumberOfFrames, made.WindowCenter, made.WindowWidth
        emit(f"{keyword} with what is no number", made, [stretched(with_others)])


def segments(bits):
    """Red, green and blue of 256 entries in discrete, linear and, of bytes, indirect segments."""
    top = 2**bits - 1
    dtype = f"<u{bits // 8}"
    red = [0, 2, 0, top // 9, 1, 253, top, 0, 1, 5]
    green = [0, 1, top, 1, 100, 3, 1, 100, top // 2, 1, 55, 0]
    blue = [0, 3, 7, 9, top, 1, 100, 3, 1, 50, top, 0, 3, 1, 2, 3, 1, 100, 0]
    return [numpy.array(channel, dtype).tobytes() for channel in (red, green, blue)]


def of_palettes():
    channels = ("Red", "Green", "Blue")
    for pixel_bits, signed, first, count in (
        (8, False, 0, 256),
        (8, False, 40, 100),
        (8, True, -128, 256),
        (8, True, -20, 60),
        (16, False, 0, 256),
        (16, False, 60000, 4096),
        (16, True, -300, 700),
        (16, False, 0, 65536),
    ):
        pixels = picture(17, 29, pixel_bits, signed=signed, kind="noise")
        if count < 5000 and pixel_bits == 16:
            pixels = (first + pixels.astype("i8") % (count + 200) - 100).clip(-32768 if signed else 0, 32767 if signed else 65535)
            pixels = pixels.astype("i2" if signed else "u2")
        for bits in (8, 16):
            made = dataset(pixels, pixel_bits, photometric="PALETTE COLOR")
            ramp = numpy.linspace(0, 2**bits - 1, count)
            for channel, values in zip(channels, (ramp, ramp[::-1], numpy.sqrt(ramp / ramp.max()) * (2**bits - 1))):
                made.add_new(f"{channel}PaletteColorLookupTableDescriptor", "SS" if signed else "US", [count % 65536, first, bits])
                made.add_new(f"{channel}PaletteColorLookupTableData", "OW", values.astype(f"<u{bits // 8}").tobytes())
            # pydicom counts in as few bits as the entries have.
            if bits == 8 and pixel_bits == 16:
                entries = [numpy.frombuffer(made[f"{channel}PaletteColorLookupTableData"].value, "u1") for channel in channels]
                at = (pixels.astype("i8") - first).clip(0, count - 1)
                found = numpy.stack([channel[at] for channel in entries], axis=-1)
            else:
                found = apply_color_lut(pixels, made)
            name = f"{count} entries of {bits} bits from {first} for {pixel_bits} bits{' signed' if signed else ''}"
            emit(f"a palette of {name}", made, [found >> (bits - 8)])
    for bits in (8, 16):
        pixels = picture(31, 33, 8, kind="noise")
        made = dataset(pixels, 8, photometric="PALETTE COLOR")
        for channel, data in zip(channels, segments(bits)):
            made.add_new(f"{channel}PaletteColorLookupTableDescriptor", "US", [256, 0, bits])
            made.add_new(f"Segmented{channel}PaletteColorLookupTableData", "OW", data)
        emit(f"a palette in segments of {bits} bits", made, [apply_color_lut(pixels, made) >> (bits - 8)])
    # The palettes of PS3.6 annex B, four of them in segments of bytes.
    for name in ("HOT_IRON", "PET", "HOT_METAL_BLUE", "PET_20_STEP", "SPRING", "SUMMER", "FALL", "WINTER"):
        pixels = numpy.arange(256, dtype="u1").reshape(16, 16)
        made = dataset(pixels, 8, photometric="PALETTE COLOR")
        known = pydicom.dcmread(pydicom.data.get_palette_files(name.lower().replace("_", "") + ".dcm")[0])
        for element in known:
            if "Palette" in element.keyword and element.keyword != "PaletteColorLookupTableUID":
                made.add(element)
        emit(f"the palette {name}", made, [apply_color_lut(pixels, made)])


def of_functional_groups():
    frames = numpy.stack([picture(21, 26, 12, signed=True, seed=n) for n in range(4)])
    rescales = [(1, 0), (2.5, -1000), (-1, 12.5), (0.5, 300)]
    windows = [([40, 300], [400, 80], None), ([-900.5], [1500.25], "LINEAR_EXACT"), ([100], [900], "SIGMOID"), ([0], [1], "LINEAR")]
    for shares_rescale in (False, True):
        for shares_window in (False, True):
            made = dataset(frames, 12, NumberOfFrames=4)
            made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
            # Those of the object do not count.
            made.WindowCenter, made.WindowWidth, made.RescaleSlope, made.RescaleIntercept = 5000, 7, 3, 9
            shared, groups, expected = Dataset(), [], []
            for number, frame in enumerate(frames):
                slope, intercept = rescales[1 if shares_rescale else number]
                centers, widths, function = windows[2 if shares_window else number]
                transformation = item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="HU")
                voi = item(WindowCenter=centers, WindowWidth=widths, **({"VOILUTFunction": function} if function else {}))
                own = Dataset()
                (shared if shares_rescale else own).PixelValueTransformationSequence = [transformation]
                (shared if shares_window else own).FrameVOILUTSequence = [voi]
                groups.append(own)
                attributes = item(BitsStored=12, PixelRepresentation=1)
                attributes.update(copy.deepcopy(transformation))
                values = apply_modality_lut(frame, attributes)
                attributes.update(voi)
                # The range would turn around with a negative slope; the window does not.
                attributes.RescaleSlope = 1
                expected.append(windowed(values, attributes))
            made.SharedFunctionalGroupsSequence = [shared]
            made.PerFrameFunctionalGroupsSequence = Sequence(groups)
            name = f"rescale {'shared' if shares_rescale else 'of the frame'}, window {'shared' if shares_window else 'of the frame'}"
            emit(name, made, expected)
    made = dataset(frames, 12, NumberOfFrames=4)
    made.SharedFunctionalGroupsSequence = [Dataset()]
    made.PerFrameFunctionalGroupsSequence, expected = [], []
    for number, frame in enumerate(frames):
        table = item(LUTDescriptor=[1000, -500 + number, 12])
        table.LUTData = [int(4095 * (at / 999) ** (number + 1)) for at in range(1000)]
        table["LUTDescriptor"].VR, table["LUTData"].VR = "SS", "US"
        made.PerFrameFunctionalGroupsSequence.append(item(FrameVOILUTSequence=[item(VOILUTSequence=[table])]))
        expected.append(apply_voi_lut(frame, item(PixelRepresentation=1, VOILUTSequence=[table])) / 4095 * 255)
    emit("VOI LUT of the frame", made, expected)


def of_colours():
    """Uncompressed YBR, in several frames. pydicom rounds as PS3.3 has it."""
    for photometric in ("YBR_FULL", "YBR_FULL_422"):
        frames = numpy.stack([picture(11, 26, 8, samples=3, seed=n) for n in range(3)])
        if photometric == "YBR_FULL_422":
            # Two pixels share their colours.
            frames[:, :, 1::2, 1:] = frames[:, :, ::2, 1:]
        made = dataset(frames, 8, photometric=photometric, NumberOfFrames=3)
        if photometric == "YBR_FULL_422":
            y = frames[..., 0]
            shared = numpy.stack([y[:, :, ::2], y[:, :, 1::2], frames[:, :, ::2, 1], frames[:, :, ::2, 2]], axis=-1)
            made.PixelData = shared.tobytes()
        file = pydicom.dcmread(io.BytesIO(spelled(made, "explicit")))
        rgb = pydicom.pixels.pixel_array(file, raw=False)
        emit(photometric, made, list(rgb))


def of_bits():
    """Frames of single bits that neither begin nor end with a byte (PS3.5 §8.2)."""
    for rows, columns in ((5, 7), (3, 3), (1, 1), (8, 9), (16, 16)):
        random = numpy.random.default_rng([rows, columns])
        frames = random.integers(0, 2, (5, rows, columns), dtype="u1")
        # Both values in each, so that lowest and highest are those of the bits.
        frames[:, 0, 0], frames[:, -1, -1] = 0, 1
        made = dataset(frames, 1, NumberOfFrames=5, BitsAllocated=1)
        packed = numpy.packbits(frames.ravel(), bitorder="little").tobytes()
        made.PixelData = packed + bytes(len(packed) % 2)
        for vr in ("OB", "OW"):
            made["PixelData"].VR = vr
            found = pydicom.dcmread(io.BytesIO(spelled(made, "explicit"))).pixel_array
            assert (found == frames).all()
            emit(f"bits in {vr}, {columns} × {rows}", made, [frame * 255.0 for frame in found])


of_numbers()
of_palettes()
of_functional_groups()
of_colours()
of_bits()
