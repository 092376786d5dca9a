"""Images that highdicom makes objects of, and what comes back when such an object is stored.

Arguments: the files of one series of MR slices. The slices are cut to 45 by 67 pixels, so that a frame of one bit a
pixel does not end with a byte.
"""

import sys
from io import BytesIO

# gdcm, which pydicom would ask first, ends the process where an RLE frame has an odd number of pixels. This module has
# to be imported before pydicom is.
sys.modules["gdcm"] = None

import numpy
import pydicom
from checks import DECODED, client, uids, written
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

api = client()
ROWS, COLUMNS = 45, 67
MADE_BY = {"manufacturer": "Nobody", "manufacturer_model_name": "Model", "software_versions": "1"}


def smaller(file):
    dataset = pydicom.dcmread(file)
    dataset.PixelData = dataset.pixel_array[100 : 100 + ROWS, 100 : 100 + COLUMNS].tobytes()
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


cut = [smaller(file) for file in sys.argv[1:]]
# As they come from the server, in the order of their places.
sources = []


def numbers():
    """What highdicom asks for each object."""
    return {
        "series_instance_uid": generate_uid(),
        "series_number": 100,
        "sop_instance_uid": generate_uid(),
        "instance_number": 1,
        **MADE_BY,
    }


def came_back(check, made):
    """Stores an object. It as it came back, once as an instance and once from its metadata and bulk data."""
    answer = api.store_instances([made])
    check.true(f"{made.SOPClassUID.name} is refused: {answer}", len(answer.get("ReferencedSOPSequence", [])) == 1)
    instance = api.retrieve_instance(*uids(made))
    check.true(f"{made.SOPClassUID.name} came back otherwise", bare(instance) == bare(made))
    metadata = api.retrieve_instance_metadata(*uids(made))
    described = Dataset.from_json(metadata, lambda tag, vr, uri: bytes(api.retrieve_bulkdata(uri)[0]))
    described.file_meta = FileMetaDataset()
    described.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return pydicom.dcmread(BytesIO(written(instance)), force=True), described


def bare(dataset):
    """A data set and its File Meta Information, without the preamble, which the server adds where there is none."""
    return written(dataset).removeprefix(b"\0" * 128 + b"DICM")


def frames_of(made):
    return api.retrieve_instance_frames(
        *uids(made), frame_numbers=range(1, int(made.NumberOfFrames) + 1), media_types=DECODED
    )


def place(dataset):
    """Along the axis of the series, in millimetres."""
    axis = numpy.cross(dataset.ImageOrientationPatient[:3], dataset.ImageOrientationPatient[3:])
    return float(axis @ numpy.array(dataset.ImagePositionPatient, dtype=float))


def store_sources(check):
    api.store_instances(cut)
    sources.extend(sorted(api.iter_series(*uids(cut[0])[:2]), key=place))
    check.equal("the slices", {s.SOPInstanceUID for s in sources}, {s.SOPInstanceUID for s in cut})
