"""Writes objects around videos and documents into a folder, by pydicom and dcmtk, and a JSON list that says what is in them."""

import json
import pathlib
import struct
import subprocess
import sys

import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

folder = pathlib.Path(sys.argv[1])
videos = pathlib.Path(__file__).parent.parent / "videos"
made = []

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
STL = b"binary".ljust(80) + struct.pack("<I", 1) + struct.pack("<12fH", *range(12), 0)
OBJ = b"mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\n"
MTL = b"newmtl red\nKa 0.5 0 0\nKd 1 0 0\nKs 0 0 0\nillum 1\n"
CDA = """<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><id root="1.2.3.4"/>
<code code="34133-9" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="Summary"/><title>Grüße</title>
<effectiveTime value="20240102"/><recordTarget><patientRole><id extension="P-7" root="1.2"/><patient><name><given>Erika</given>
<family>Muster</family></name><administrativeGenderCode code="F"/><birthTime value="19700101"/></patient></patientRole></recordTarget>
</ClinicalDocument>
""".encode()


def keep(name, data, original, media_type, **more):
    """`data`: a data set, or the name of a program of dcmtk that makes it of the original."""
    bytes_file, file = folder / f"{len(made)}.bytes", folder / f"{len(made)}.dcm"
    bytes_file.write_bytes(original)
    if isinstance(data, str):
        subprocess.run([data, "-q", str(bytes_file), str(file)], check=True, capture_output=True)
    else:
        data.save_as(file, enforce_file_format=True)
    made.append({"name": name, "file": str(file), "original": str(bytes_file), "mediaType": media_type, **more})


def instance(sop_class, syntax):
    data = pydicom.Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID = sop_class
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(data, keyword, pydicom.uid.generate_uid())
    return data


for file, end, media_type in (
    ("mpeg2.m2v", "100", "video/mpeg"),
    ("mpeg2.m2v", "101", "video/mpeg"),
    ("h264.mp4", "102", "video/mp4"),
    ("h264.mp4", "103", "video/mp4"),
    ("hevc.mp4", "107", "video/mp4"),
):
    original = (videos / file).read_bytes()
    for fragment_count in (1, 3):
        for says_length in (True, False):
            data = instance("1.2.840.10008.5.1.4.1.1.77.1.4.1", f"1.2.840.10008.1.2.4.{end}")
            data.Modality, data.NumberOfFrames, data.Rows, data.Columns = "XC", 5, 48, 64
            data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "YBR_PARTIAL_420", 0
            data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
            data.PixelData = encapsulate([original], fragments_per_frame=fragment_count, has_bot=False)
            if says_length:
                data.add_new(0x7FE00003, "UV", len(original))
            name = f"{file} as .{end} in {fragment_count} fragments{', its length said' if says_length else ''}"
            keep(name, data, original, media_type, isPadded=not says_length and len(original) % 2 == 1)

for odd in (b"", b"%"):
    keep(f"PDF{odd.decode()}", "pdf2dcm", PDF + odd, "application/pdf")
keep("STL", "stl2dcm", STL, "model/stl")
for odd in (b"", b"\n"):
    keep(f"CDA{len(odd)}", "cda2dcm", CDA + odd, "text/xml")
for name, sop_class, original in (("OBJ", "104.4", OBJ), ("MTL", "104.5", MTL)):
    for odd in (b"", b"\n"):
        data = instance(f"1.2.840.10008.5.1.4.1.1.{sop_class}", "1.2.840.10008.1.2.1")
        document = original + odd
        data.MIMETypeOfEncapsulatedDocument = f"model/{name.lower()}"
        data.EncapsulatedDocument = document + bytes(len(document) % 2)
        data.EncapsulatedDocumentLength = len(document)
        keep(f"{name}{len(odd)}", data, document, f"model/{name.lower()}")

json.dump(made, sys.stdout)
