"""The files that the scripts of dicomweb-client store, their paths as arguments, and what of them is where."""

import itertools
import os
import sys
from io import BytesIO

import pydicom
from checks import client, written
from pydicom.uid import generate_uid

api = client()
# The data sets that are stored, by their SOP Instance UID, and that by the name of the file.
stored = {}
names = {}


def read(file, known):
    """A file as pydicom has it; a SOP Instance UID that another file has too becomes one of its own."""
    dataset = pydicom.dcmread(file)
    if dataset.SOPInstanceUID in known:
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


def studies():
    """The data sets of each study, by its UID."""
    found = {}
    for dataset in stored.values():
        found.setdefault(dataset.StudyInstanceUID, []).append(dataset)
    return found


def value(answer, keyword):
    """The first value of an attribute in DICOM JSON; None where it has none."""
    return (answer.get(api.lookup_tag(keyword), {}).get("Value") or [None])[0]


def of_file(name):
    return stored[names[name]]


def store_instances(check):
    for folder, files in itertools.groupby(sys.argv[1:], os.path.dirname):
        datasets = []
        for file in files:
            dataset = read(file, stored)
            # What is stored is what the client sends: pydicom writes some things otherwise than it has read them.
            stored[str(dataset.SOPInstanceUID)] = pydicom.dcmread(BytesIO(written(dataset)))
            names[os.path.basename(file)] = str(dataset.SOPInstanceUID)
            datasets.append(dataset)
        answer = api.store_instances(datasets)
        done = [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence]
        check.equal(f"what was stored of {folder}", sorted(done), sorted(d.SOPInstanceUID for d in datasets))
        check.true(f"{folder} has failures: {answer.get('FailedSOPSequence')}", not answer.get("FailedSOPSequence"))
