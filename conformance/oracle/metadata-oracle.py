"""Compares metadata answers with pydicom's own reading of the file.

The first line that it writes is the folder of the files that pydicom brings along. Then it reads one job a line from
stdin and answers each with a line, a JSON array of sentences:
{"file", "metadata": URL of its metadata, "root": what BulkDataURIs begin with, "server": where that root really is}
    what is different;
{"file", "copy": where to}
    nothing, once there is a copy that has the UIDs and the File Meta that a server asks for;
{"dictionary"}
    tag, VR and keyword of each row of PS3.6.
"""

import base64
import email
import json
import os
import re
import sys
import urllib.request
import warnings
from xml.etree import ElementTree

import pydicom
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_fragments
from pydicom.multival import MultiValue
from pydicom.tag import Tag
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pydicom.valuerep import PersonName

warnings.simplefilter("ignore")

# The codestreams of Pixel Data, a part for each frame: without a transfer syntax they come decoded.
ANY_STORED = 'multipart/related; type="*/*"; transfer-syntax=*'

def of_file(dataset, element):
    """Normalisations of pydicom's reading, each with its reason."""
    value = element.value
    if element.tag == 0x7FE00010 and isinstance(value, bytes):
        syntax = dataset.file_meta.TransferSyntaxUID
        # A bulk value is the frames in order (PS3.18 section 8.7.3.3.2); pydicom's has tags and a table.
        if syntax.is_encapsulated:
            return b"".join(list(generate_fragments(value))[1:])
    if isinstance(value, bytes) and not dataset.original_encoding[1]:
        # Bytes of an answer are in little endian (PS3.18 section 8.7.3.3.2); pydicom's stay in the order of the file.
        return swapped(value, word_bytes(dataset, element))
    return value


def word_bytes(dataset, element):
    if element.tag == 0x7FE00010 and dataset.BitsAllocated > 16:
        return dataset.BitsAllocated // 8
    return {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}.get(element.VR, 1)


def swapped(value, unit):
    return b"".join(value[at : at + unit][::-1] for at in range(0, len(value), unit))


def readable_vr(vr, listed):
    """pydicom reads an IS that is no number as text, but takes none from an answer: both are compared as text."""
    strange = vr == "IS" and any(isinstance(value, str) and not re.fullmatch(r"[-+]?\d*", value) for value in listed)
    return "LO" if strange else vr


def of_answer(answer):
    for element in answer.values():
        if element["vr"] == "SQ":
            for item in element.get("Value", []):
                of_answer(item)
        element["vr"] = readable_vr(element["vr"], element.get("Value", []))
    return answer


def values(vr, value):
    """The values of an element as a list, each in one spelling."""
    if value is None or (isinstance(value, (str, bytes, list, MultiValue, PersonName)) and not value):
        return []
    listed = list(value) if isinstance(value, (list, MultiValue)) else [value]
    # pydicom trims the last value only; spaces around any of them mean nothing (PS3.5 section 6.2).
    return [one_value(vr, one) for one in listed]


def one_value(vr, value):
    if value is None:
        return ""
    # Empty components at the end of a group mean nothing (PS3.5 section 6.2.1.1); XML has no place for them.
    if vr == "PN":
        return re.sub(r"[\^ ]+(?==|$)", "", str(value)).rstrip("=")
    if vr in ("AE", "CS", "DA", "DT", "LO", "SH", "TM", "UI"):
        return str(value).strip(" \0")
    return value


def bulk_as(vr, data, encodings):
    """What pydicom makes of the bytes of a bulk value, in the character set of the file."""
    raw = RawDataElement(Tag(0x00090000), vr, len(data), data, 0, False, True)
    return convert_raw_data_element(raw, encoding=encodings).value


def differences(ours, theirs, top, at, found):
    for tag in sorted(set(ours.keys()) | set(theirs.keys())):
        # A JSON or XML answer has no group lengths (PS3.18 section F.2.2).
        if tag.element == 0:
            continue
        where = f"{at}{tag}"
        if tag not in ours:
            found.append(f"{where} is not in the answer: {theirs[tag]}"[:200])
        elif tag not in theirs:
            found.append(f"{where} is not in the file: {ours[tag]}"[:200])
        else:
            compare(ours[tag], theirs[tag], top, where, found)
    return found


def compare(ours, theirs, top, where, found):
    # pydicom's dictionary of private elements is not ours: what only it knows comes as UN, with all of its bytes.
    if ours.VR == "UN" and theirs.tag.is_private:
        ours = DataElement(ours.tag, theirs.VR, bulk_as(theirs.VR, ours.value or b"", top._character_set))
    if ours.VR != readable_vr(theirs.VR, [theirs.value]):
        found.append(f"{where} has VR {ours.VR}, not {theirs.VR}: {str(ours.value)[:60]} {str(theirs.value)[:60]}")
    elif ours.VR == "SQ":
        if len(ours.value) != len(theirs.value):
            found.append(f"{where} has {len(ours.value)} items, not {len(theirs.value)}")
        for number, (one, other) in enumerate(zip(ours.value, theirs.value)):
            differences(one, other, top, f"{where}[{number}] ", found)
    else:
        our_values = values(ours.VR, ours.value)
        their_values = values(ours.VR, of_file(top, theirs))
        if our_values != their_values:
            found.append(f"{where} {ours.VR} is {str(our_values)[:150]}, not {str(their_values)[:150]}")


# ---------------------------------------------------------------- XML (PS3.19 section A.1)

NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
GROUPS = ["Alphabetic", "Ideographic", "Phonetic"]
COMPONENTS = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"]
CONTENTS = {"BulkData", "Value", "Item", "PersonName", "InlineBinary"}
VRS = set(
    "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
)


def local(node):
    assert node.tag.startswith(NAMESPACE), node.tag
    return node.tag[len(NAMESPACE) :]


def in_order(names, known):
    return [name for name in known if name in names] == names


def check_schema(data_set):
    """PS3.19 section A.1.6, rule by rule."""
    for attribute in data_set:
        assert local(attribute) == "DicomAttribute" and not (attribute.text or "").strip(), attribute.tag
        assert re.fullmatch("[0-9A-F]{8}", attribute.attrib["tag"]) and attribute.attrib["vr"] in VRS, attribute.attrib
        assert set(attribute.attrib) <= {"tag", "vr", "keyword", "privateCreator"}, attribute.attrib
        assert "privateCreator" not in attribute.attrib or int(attribute.attrib["tag"][:4], 16) % 2, attribute.attrib
        kinds = {local(child) for child in attribute}
        assert len(kinds) <= 1 and kinds <= CONTENTS, kinds
        for number, child in enumerate(attribute, 1):
            kind = local(child)
            if kind in ("BulkData", "InlineBinary"):
                assert len(attribute) == 1 and set(child.attrib) == ({"uri"} if kind == "BulkData" else set())
            else:
                assert child.attrib == {"number": str(number)}, child.attrib
            assert (kind == "Item") == (attribute.attrib["vr"] == "SQ")
            assert kind != "Value" or attribute.attrib["vr"] != "PN"
            if kind == "Item":
                check_schema(child)
            elif kind == "PersonName":
                assert in_order([local(group) for group in child], GROUPS)
                for group in child:
                    assert in_order([local(component) for component in group], COMPONENTS) and not group.attrib
            else:
                assert len(child) == 0


def from_xml(data_set, bulk_value):
    """A data set of pydicom, read independently of the JSON."""
    dataset = Dataset()
    blocks = {}
    tags = []
    for attribute in data_set:
        tag = int(attribute.attrib["tag"], 16)
        creator = attribute.attrib.get("privateCreator")
        if creator is not None and tag & 0xFF00 == 0:
            tag |= blocks[tag >> 16, creator] << 8
        vr = readable_vr(attribute.attrib["vr"], [child.text or "" for child in attribute])
        if (tag >> 16) % 2 and 0x10 <= tag & 0xFFFF <= 0xFF and len(attribute):
            blocks.setdefault((tag >> 16, attribute[0].text), tag & 0xFF)
        tags.append(tag)
        dataset.add(DataElement(tag, vr, xml_value(tag, vr, attribute, bulk_value)))
    assert tags == sorted(set(tags)), "tags do not ascend"
    return dataset


def xml_value(tag, vr, attribute, bulk_value):
    listed = []
    for child in attribute:
        kind = local(child)
        text = child.text or ""
        if kind == "BulkData":
            return bulk_value(f"{tag:08X}", vr, child.attrib["uri"])
        if kind == "InlineBinary":
            return base64.b64decode(text, validate=True)
        if kind == "Item":
            listed.append(from_xml(child, bulk_value))
        elif kind == "PersonName":
            listed.append(xml_name(child))
        elif vr in ("FL", "FD") and text:
            listed.append(float(text))
        elif vr in ("SL", "SS", "SV", "UL", "US", "UV") and text:
            listed.append(int(text))
        elif vr == "AT" and text:
            listed.append(int(text, 16))
        else:
            listed.append(text)
    return listed[0] if len(listed) == 1 and vr != "SQ" else listed or (None if vr != "SQ" else [])


def xml_name(node):
    groups = {local(group): {local(component): component.text or "" for component in group} for group in node}
    return "=".join("^".join(groups.get(name, {}).get(part, "") for part in COMPONENTS) for name in GROUPS)


def get(job, url, accept):
    headers = {"Accept": accept, "Authorization": job["authorization"]}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return response.headers["Content-Type"], response.read()


def xml_parts(content_type, body):
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert all(part.get_content_type() == "application/dicom+xml" for part in parts)
    return [part.get_payload(decode=True) for part in parts]


def binary_parts(content_type, body):
    boundary = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n").get_boundary()
    between = body.split(b"\r\n--" + boundary.encode())
    return [part.split(b"\r\n\r\n", 1)[1] for part in between if b"\r\n\r\n" in part]


def examine(job):
    theirs = pydicom.dcmread(job["file"])
    kept = {}

    def bulk_value(tag, vr, uri):
        assert uri.startswith(job["root"]), f"{uri} does not begin with {job['root']}"
        url = job["server"] + uri[len(job["root"]) :]
        if uri not in kept:
            if tag == "7FE00010" and theirs.file_meta.TransferSyntaxUID.is_encapsulated:
                kept[uri] = b"".join(binary_parts(*get(job, url, ANY_STORED)))
            else:
                kept[uri] = get(job, url, "*/*")[1]
        return bulk_as(vr, kept[uri], theirs._character_set)

    (answer,) = json.loads(get(job, job["metadata"], "application/dicom+json")[1])
    found = differences(Dataset.from_json(of_answer(answer), bulk_value), theirs, theirs, "JSON ", [])

    content_type, body = get(job, job["metadata"], 'multipart/related; type="application/dicom+xml"')
    (xml,) = xml_parts(content_type, body)
    model = ElementTree.fromstring(xml)
    check_schema(model)
    return differences(from_xml(model, bulk_value), theirs, theirs, "XML ", found)


def complete(job):
    """Elements that were not looked at are written as they were read."""
    dataset = pydicom.dcmread(job["file"], force=True)
    meta = getattr(dataset, "file_meta", None) or FileMetaDataset()
    implicit, little = dataset.original_encoding
    if "TransferSyntaxUID" not in meta:
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    dataset.file_meta = meta
    dataset.SOPClassUID = dataset.get("SOPClassUID") or SecondaryCaptureImageStorage
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(dataset, keyword, dataset.get(keyword) or generate_uid())
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(job["copy"], enforce_file_format=True)
    return []


def dictionary():
    rows = pydicom._dicom_dict.DicomDictionary.items()
    return [f"{tag:08X} {vr} {keyword}" for tag, (vr, _, _, _, keyword) in rows if keyword and vr != "NONE"]


print(os.path.join(os.path.dirname(pydicom.__file__), "data"), flush=True)
for line in sys.stdin:
    try:
        job = json.loads(line)
        result = dictionary() if "dictionary" in job else complete(job) if "copy" in job else examine(job)
    except Exception as error:
        result = [f"{type(error).__name__}: {str(error)[:1000]}"]
    print(json.dumps(result), flush=True)
