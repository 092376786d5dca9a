"""What the scripts beside this file share: the server under test, and checks that say how much they compared.

The environment has DICOMWEB_URL (the root, `http://127.0.0.1:43210/dicom-web`) and DICOMWEB_TOKEN. A script runs its
checks in order and prints one JSON line for each: {"check", "tried": comparisons, "findings": sentences}.
"""

import json
import os
import traceback
import warnings
from io import BytesIO

import pydicom
import requests
from dicomweb_client.api import DICOMwebClient

warnings.simplefilter("ignore")

ROOT = os.environ["DICOMWEB_URL"]
EXPLICIT = "1.2.840.10008.1.2.1"
DECODED = (("application/octet-stream", EXPLICIT),)


class Check:
    """Counts what is compared, and keeps what is wrong."""

    def __init__(self):
        self.tried = 0
        self.findings = []

    def equal(self, what, ours, theirs):
        self.true(f"{what} is {str(ours)[:200]}, not {str(theirs)[:200]}", ours == theirs)

    def true(self, finding, is_right):
        self.tried += 1
        if not is_right:
            self.findings.append(finding)


def run(*checks):
    """Runs functions that take a Check; each one's name is its check's. One that breaks off is a finding."""
    for function in checks:
        check = Check()
        try:
            function(check)
        except Exception:
            check.findings.append(traceback.format_exc()[-800:])
        print(
            json.dumps({"check": function.__name__, "tried": check.tried, "findings": check.findings[:20]}), flush=True
        )


def session():
    """A requests session with the token."""
    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {os.environ['DICOMWEB_TOKEN']}"
    return made


def client():
    return DICOMwebClient(ROOT, session=session())


def uids(dataset):
    return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


def written(dataset):
    """The bytes that dicomweb-client sends of a data set, and pydicom writes into a file."""
    with BytesIO() as file:
        pydicom.dcmwrite(file, dataset)
        return file.getvalue()


def status_of(call, *arguments):
    """The HTTP status with which the server refuses a call; 200 when it does not."""
    try:
        call(*arguments)
    except requests.HTTPError as error:
        return error.response.status_code
    return 200
