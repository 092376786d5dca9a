"""Reads a JSON list of instances, compares each representation with the stored object, and writes a JSON list of findings.

An instance is {"name", "stored": path, "given": {transfer syntax UID: path}, "frames": {transfer syntax UID: {number: path}}}.
"""

import concurrent.futures
import copy
import json
import pathlib
import subprocess
import sys
import warnings

import gdcm
import numpy
import pydicom
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array

EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"
JPEG_LS = "1.2.840.10008.1.2.4.80"
HTJ2K = "1.2.840.10008.1.2.4.201"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
DCMTK = {
    EXPLICIT: "dcmconv",
    JPEG_LS: "dcmdjpls",
    RLE: "dcmdrle",
    "1.2.840.10008.1.2.4.57": "dcmdjpeg",
    "1.2.840.10008.1.2.4.70": "dcmdjpeg",
}
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
# Pixels, where they are, and what other pixels leave untrue (PS3.3 C.7.6.3): Photometric Interpretation, Planar Configuration.
PIXEL_TAGS = {0x00280004, 0x00280006, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0x7FE00010}
LOSSY_TAGS = {0x00282110, 0x00282112, 0x00282114}
# What encoding with loss may change, on average.
MEAN_LOSS = 10
# Decoders of a lossy JPEG may round differently.
TOLERANCE = {JPEG_BASELINE: 1, JPEG_EXTENDED: 1}

# Colours that two pixels share are the mean of both.
FRAME_TOLERANCE = {JPEG_BASELINE: 40}

# gdcm ends the process at doses without Number of Frames, at the stored file too.
NOT_FOR_GDCM = {"pydicom/rtdose_expb_1frame.dcm"}

warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def elements(dataset, path="", left_out=PIXEL_TAGS):
    """Each element by its path, in order, as VR and value; of a sequence the number of its items."""
    for element in dataset:
        here = f"{path}{element.tag:08X}"
        if element.VR == "SQ":
            yield here, ("SQ", len(element.value))
            for number, item in enumerate(element.value):
                yield from elements(item, f"{here}/{number}/")
        elif path or element.tag not in left_out:
            yield here, (element.VR, str(element.value))


def element_findings(stored, given, syntax):
    left_out = PIXEL_TAGS | LOSSY_TAGS if syntax == JPEG_BASELINE else PIXEL_TAGS
    before, after = list(elements(stored, left_out=left_out)), list(elements(given, left_out=left_out))
    if before == after:
        return []
    changed = sorted(set(before) ^ set(after))
    return [f"other elements: {changed[:6]}"] if changed else ["another order of elements"]


def meta_findings(given, syntax):
    info = given.file_meta
    right = {
        "transfer syntax": info.TransferSyntaxUID == syntax,
        "SOP instance": info.MediaStorageSOPInstanceUID == given.SOPInstanceUID,
        "SOP class": info.MediaStorageSOPClassUID == given.SOPClassUID,
        "implementation": info.get("ImplementationVersionName") == "DICOM_LEDGER",
        "version": info.FileMetaInformationVersion == b"\x00\x01",
    }
    return [f"File Meta: {what}" for what, is_right in right.items() if not is_right]


def dcmtk(command, path):
    """What a program of dcmtk makes of a file, read by pydicom."""
    made = f"{path}.{command}"
    subprocess.run([command, path, made], check=True, capture_output=True)
    return pydicom.dcmread(made)


def stored_pixels(path, stored):
    if "PixelData" not in stored:
        return None
    if stored.file_meta.TransferSyntaxUID == JPEG_EXTENDED:
        # pydicom has no decoder for 12 bits.
        return dcmtk("dcmdjpeg", path).pixel_array
    return stored.pixel_array


def pixel_findings(given, stored, tolerance):
    if given.shape != stored.shape:
        return [f"shape {given.shape}, not {stored.shape}"]
    most = int(numpy.abs(given.astype("int64") - stored.astype("int64")).max())
    return [f"pixels differ by {most}"] if most > tolerance else []


def gdcm_findings(path, syntax, native):
    """gdcm has no decoder for HTJ2K, but reads the file."""
    reader = gdcm.Reader() if syntax == HTJ2K else gdcm.ImageReader()
    reader.SetFileName(path)
    if not reader.Read():
        return ["gdcm does not read it"]
    if syntax == HTJ2K:
        return []
    buffer = reader.GetImage().GetBuffer()
    pixels = buffer.encode("utf-8", "surrogateescape") if isinstance(buffer, str) else buffer
    return [] if pixels == native[: len(pixels)] and 0 <= len(native) - len(pixels) <= 1 else ["gdcm has other pixels"]


def frame_findings(stored, pixels, syntax, files):
    """A client reads a frame by what the metadata say of the stored object."""
    count = int(stored.get("NumberOfFrames") or 1)
    for number, file in files.items():
        frame = pathlib.Path(file).read_bytes()
        frame += bytes(len(frame) % 2)
        described = copy.deepcopy(stored)
        described.NumberOfFrames = 1
        described.file_meta.TransferSyntaxUID = syntax
        if syntax not in (EXPLICIT, RLE) and "PlanarConfiguration" in described:
            # A codestream has an order of its own.
            described.PlanarConfiguration = 0
        described.PixelData = frame if syntax == EXPLICIT else encapsulate([frame])
        expected = pixels if count == 1 else pixels[int(number) - 1]
        for what in pixel_findings(described.pixel_array, expected, FRAME_TOLERANCE.get(stored.file_meta.TransferSyntaxUID, 0)):
            yield f"frame {number} by the metadata: {what}"


def given_findings(instance, syntax, path, stored, pixels):
    source = str(stored.file_meta.TransferSyntaxUID)
    if syntax == source:
        same = pathlib.Path(path).read_bytes() == pathlib.Path(instance["stored"]).read_bytes()
        return [] if same else ["is not the stored file"]
    given = pydicom.dcmread(path)
    found = meta_findings(given, syntax) + element_findings(stored, given, syntax)
    if pixels is None:
        dcmtk("dcmconv", path)
        return found
    array = given.pixel_array
    if syntax == JPEG_BASELINE:
        lost = numpy.abs(array.astype("int64") - pixels.astype("int64")).mean()
        found += [f"lost {lost} of each sample"] if lost > MEAN_LOSS else []
        found += [] if given.LossyImageCompression == "01" else ["does not say that it is lossy"]
        seen = dcmtk("dcmdjpeg", path).pixel_array
        return found + [f"dcmdjpeg: {what}" for what in pixel_findings(seen, array, 2)]
    uncompressed = pydicom.dcmread(instance["given"][EXPLICIT])
    found += pixel_findings(array, pixels, TOLERANCE.get(source, 0))
    found += pixel_findings(array, uncompressed.pixel_array, 0)
    if instance["name"] not in NOT_FOR_GDCM:
        # Colours that are stored by plane stay so as long as they are uncompressed.
        expected = uncompressed.PixelData if syntax == EXPLICIT else pixel_array(uncompressed, raw=True).tobytes()
        found += gdcm_findings(path, syntax, expected)
    found += frame_findings(stored, pixels, syntax, instance["frames"].get(syntax, {}))
    program = DCMTK.get(syntax)
    if program is not None:
        found += [f"{program}: {what}" for what in pixel_findings(dcmtk(program, path).pixel_array, array, 0)]
    else:
        subprocess.run(["dcmdump", "-q", path], check=True, capture_output=True)
    return found


def findings(instance):
    found = []
    try:
        stored = pydicom.dcmread(instance["stored"])
        # An object that nothing was made of may be one that pydicom does not read.
        pixels = None if set(instance["given"]) == {str(stored.file_meta.TransferSyntaxUID)} else stored_pixels(instance["stored"], stored)
    except Exception as error:
        return [[instance["name"], "stored", f"{type(error).__name__}: {error}"[:400]]]
    for syntax, path in instance["given"].items():
        try:
            what = given_findings(instance, syntax, path, stored, pixels)
        except Exception as error:
            what = [f"{type(error).__name__}: {error}"[:400]]
        found += [[instance["name"], syntax, text] for text in what]
    return found


if __name__ == "__main__":
    instances = json.load(sys.stdin)
    found = []
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for instance, future in [(instance, pool.submit(findings, instance)) for instance in instances]:
            try:
                found += future.result()
            except concurrent.futures.process.BrokenProcessPool:
                found += [[instance["name"], "", "a decoder has ended the process, here or in one of the instances after it"]]
    json.dump(found, sys.stdout)
