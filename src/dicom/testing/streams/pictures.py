"""Pictures, what describes them, and how a stream that was made of one comes to the test: one JSON object a line."""

import base64
import json
import pathlib
import subprocess
import tempfile
import warnings

import numpy
import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder

warnings.simplefilter("ignore")

EXPLICIT = "1.2.840.10008.1.2.1"
folder = tempfile.TemporaryDirectory(prefix="dicom-ledger-streams-")
scratch = pathlib.Path(folder.name)


def picture(rows, columns, bits, *, signed=False, samples=1, kind="smooth", seed=1):
    """Samples of `bits` bits in the smallest integers that hold them: by row, by column, by sample."""
    random = numpy.random.default_rng([rows, columns, bits, signed, samples, seed])
    top = 2**bits - 1
    y, x, s = numpy.mgrid[0:rows, 0:columns, 0:samples]
    if kind == "noise":
        values = random.integers(0, top + 1, (rows, columns, samples))
    elif kind == "flat":
        values = numpy.full((rows, columns, samples), top // 3)
    elif kind == "patches":
        # Runs of one value, of other lengths in each row, that noise ends.
        values = ((x + 3 * y + s) // 11 % 3) * (top // 2)
        values = numpy.where(random.random(values.shape) < 0.05, random.integers(0, top + 1, values.shape), values)
    elif kind == "extremes":
        values = ((x // 2 + y + s) % 2) * top
    else:
        wave = (numpy.sin(x / 5 + s) + numpy.cos(y / 7 + x / 11) + 2) / 4
        values = (wave * top + random.normal(0, max(top / 200, 0.4), wave.shape)).round()
    values = numpy.clip(values, 0, top).astype("int64") - (2 ** (bits - 1) if signed else 0)
    dtype = f"{'i' if signed else 'u'}{1 if bits <= 8 else 2 if bits <= 16 else 4}"
    values = values.astype(dtype)
    return values if samples > 1 else values[:, :, 0]


def attributes(array, bits, *, photometric=None):
    """The Image Pixel attributes of such a picture."""
    samples = array.shape[2] if array.ndim == 3 else 1
    return {
        "Rows": array.shape[0],
        "Columns": array.shape[1],
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": photometric or ("MONOCHROME2" if samples == 1 else "RGB"),
        "BitsAllocated": array.dtype.itemsize * 8,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(array.dtype.kind == "i"),
    }


def emit(name, syntax, image, stream, expected, *, tolerance=0, photometric=None):
    """`expected`: the samples that other decoders find; `photometric`: what they are then, where that is another one."""
    line = {
        "name": name,
        "transferSyntaxUID": syntax,
        "image": image,
        "stream": base64.b64encode(stream).decode(),
        "expected": base64.b64encode(numpy.ascontiguousarray(expected).tobytes()).decode(),
        "isSigned": bool(expected.dtype.kind == "i"),
        "tolerance": tolerance,
        "photometric": photometric or image["PhotometricInterpretation"],
    }
    print(json.dumps(line))


def dataset(array, bits, *, photometric=None, **more):
    """A data set around an uncompressed picture, or around frames where `more` has their number."""
    made = pydicom.Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = EXPLICIT
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    made.SOPInstanceUID = pydicom.uid.generate_uid()
    made.StudyInstanceUID, made.SeriesInstanceUID = "2.25.1", "2.25.2"
    frame = array[0] if "NumberOfFrames" in more else array
    for key, value in {**attributes(frame, bits, photometric=photometric), **more}.items():
        setattr(made, key, value)
    if made.SamplesPerPixel > 1:
        made.PlanarConfiguration = more.get("PlanarConfiguration", 0)
    pixels = numpy.ascontiguousarray(array).tobytes()
    made.add_new(0x7FE00010, "OW" if made.BitsAllocated > 8 else "OB", pixels + bytes(len(pixels) % 2))
    return made


def run(command, *arguments):
    """Puts a file through a program of dcmtk; `arguments` are its options, the last one the file. The new file."""
    made = scratch / f"{command}.dcm"
    subprocess.run([command, *map(str, arguments), str(made)], check=True, capture_output=True)
    return made


def written(data):
    path = scratch / "in.dcm"
    data.save_as(path, enforce_file_format=True)
    return path


def first_frame(data):
    return next(generate_frames(data.PixelData, number_of_frames=int(data.get("NumberOfFrames", 1) or 1)))


def described(data):
    """The attributes of a data set as `attributes` gives them."""
    names = "Rows Columns SamplesPerPixel PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation"
    return {name: getattr(data, name) for name in names.split()}


def decoded(data, syntax=None, stream=None, plugin=""):
    """The samples of a first frame, without any conversion of colours; `stream` stands for the pixel data."""
    options = {"raw": True, "index": 0, "decoding_plugin": plugin}
    if stream is None:
        return get_decoder(data.file_meta.TransferSyntaxUID).as_array(data, **options)[0]
    data = {**described(data)} if isinstance(data, pydicom.Dataset) else data
    return get_decoder(pydicom.uid.UID(syntax)).as_array(
        pydicom.encaps.encapsulate([stream + bytes(len(stream) % 2)]),
        **options,
        rows=data["Rows"],
        columns=data["Columns"],
        samples_per_pixel=data["SamplesPerPixel"],
        photometric_interpretation=data["PhotometricInterpretation"],
        bits_allocated=data["BitsAllocated"],
        bits_stored=data["BitsStored"],
        pixel_representation=data["PixelRepresentation"],
        planar_configuration=0,
        number_of_frames=1,
        pixel_keyword="PixelData",
    )[0]
