"""wsidicom: makes a slide with its pyramid, label and thumbnail, stores it, and opens it over DICOMweb."""

import tempfile
from io import BytesIO
from pathlib import Path

import numpy
import pydicom
from checks import ROOT, client, run, session
from PIL import Image, ImageDraw, ImageFilter
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
    VLWholeSlideMicroscopyImageStorage,
    generate_uid,
)
from wsidicom import WsiDicom, WsiDicomWebClient
from wsidicom.codec import Jpeg2kSettings

WIDTH, HEIGHT, TILE = 700, 500, 128
api = client()
folder = tempfile.TemporaryDirectory()


def tissue():
    """Smooth blobs in the colours of haematoxylin and eosin, other ones everywhere, so that no tile is like another."""
    random = numpy.random.default_rng(2718)
    image = Image.new("RGB", (WIDTH, HEIGHT), (243, 240, 244))
    draw = ImageDraw.Draw(image)
    for _ in range(400):
        x, y, size = random.integers(0, WIDTH), random.integers(0, HEIGHT), random.integers(8, 60)
        draw.ellipse(
            (x, y, x + size, y + size), fill=tuple(int(c) for c in random.integers((60, 20, 90), (240, 170, 220)))
        )
    return image.filter(ImageFilter.GaussianBlur(3))


def label():
    image = Image.new("RGB", (120, 90), "white")
    ImageDraw.Draw(image).rectangle((10, 20, 60, 70), fill=(20, 60, 180))
    return image


source = tissue()


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def jpeg(image):
    file = BytesIO()
    image.save(file, "JPEG", quality=92, subsampling="4:2:2")
    return file.getvalue()


def whole_slide_image(image, kind, tile_width, tile_height, study):
    """TILED_FULL, row by row (PS3.3 section C.8.12.4)."""
    width, height = image.size
    frames = [
        # Beyond the edge, Pillow crops to black.
        jpeg(image.crop((left, top, left + tile_width, top + tile_height)))
        for top in range(0, height, tile_height)
        for left in range(0, width, tile_width)
    ]
    level = Dataset()
    level.file_meta = FileMetaDataset()
    level.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    level.SOPClassUID = level.file_meta.MediaStorageSOPClassUID = VLWholeSlideMicroscopyImageStorage
    level.SOPInstanceUID = level.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    level.StudyInstanceUID = study
    level.SeriesInstanceUID = generate_uid(entropy_srcs=[study, "series"])
    level.FrameOfReferenceUID = generate_uid(entropy_srcs=[study, "frame of reference"])
    level.PatientID, level.PatientName, level.PatientBirthDate, level.PatientSex = "SLIDE-1", "Slide^One", "", ""
    level.StudyDate, level.StudyTime, level.StudyID, level.AccessionNumber = "20261127", "101500", "1", "A-1"
    level.ReferringPhysicianName, level.Modality, level.SeriesNumber, level.InstanceNumber = "", "SM", 1, 1
    level.Manufacturer, level.ManufacturerModelName = "Nobody", "Model"
    level.DeviceSerialNumber, level.SoftwareVersions, level.PositionReferenceIndicator = "1", "1", "SLIDE_CORNER"
    level.ContentDate, level.ContentTime, level.AcquisitionDateTime = "20261127", "101500", "20261127101500"
    level.ImageType = ["ORIGINAL", "PRIMARY", kind, "NONE"]
    level.SamplesPerPixel, level.PhotometricInterpretation, level.PlanarConfiguration = 3, "YBR_FULL_422", 0
    level.BitsAllocated, level.BitsStored, level.HighBit, level.PixelRepresentation = 8, 8, 7, 0
    level.Rows, level.Columns = tile_height, tile_width
    level.NumberOfFrames = len(frames)
    level.TotalPixelMatrixColumns, level.TotalPixelMatrixRows = width, height
    level.TotalPixelMatrixFocalPlanes, level.NumberOfOpticalPaths = 1, 1
    level.ImagedVolumeWidth, level.ImagedVolumeHeight, level.ImagedVolumeDepth = width * 0.0005, height * 0.0005, 1.0
    level.DimensionOrganizationType = "TILED_FULL"
    level.ImageOrientationSlide = [0, 1, 0, 1, 0, 0]
    level.BurnedInAnnotation, level.FocusMethod = "NO", "AUTO"
    level.SpecimenLabelInImage = "YES" if kind == "LABEL" else "NO"
    if kind == "LABEL":
        level.LabelText, level.BarcodeValue = "S-1", "12345"
    level.ExtendedDepthOfField, level.VolumetricProperties = "NO", "VOLUME"
    level.LossyImageCompression, level.LossyImageCompressionRatio = "01", 10
    level.LossyImageCompressionMethod = "ISO_10918_1"
    level.ContainerIdentifier, level.IssuerOfTheContainerIdentifierSequence = "SLIDE-1", []
    level.ContainerTypeCodeSequence = [code("433466003", "SCT", "Microscope slide")]
    level.AcquisitionContextSequence = []
    specimen = Dataset()
    specimen.SpecimenIdentifier, specimen.SpecimenUID = "S-1", generate_uid(entropy_srcs=[study, "specimen"])
    specimen.IssuerOfTheSpecimenIdentifierSequence, specimen.SpecimenPreparationSequence = [], []
    level.SpecimenDescriptionSequence = [specimen]
    origin = Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 0, 0
    level.TotalPixelMatrixOriginSequence = [origin]
    path = Dataset()
    path.OpticalPathIdentifier = "1"
    path.IlluminationTypeCodeSequence = [code("111744", "DCM", "Brightfield illumination")]
    path.IlluminationColorCodeSequence = [code("414298005", "SCT", "Full Spectrum")]
    path.ICCProfile = b""
    level.OpticalPathSequence = [path]
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.0005, 0.0005], 0.001
    frame_type = Dataset()
    frame_type.FrameType = level.ImageType
    identification = Dataset()
    identification.OpticalPathIdentifier = "1"
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.WholeSlideMicroscopyImageFrameTypeSequence = [frame_type]
    shared.OpticalPathIdentificationSequence = [identification]
    level.SharedFunctionalGroupsSequence = [shared]
    level.PixelData = encapsulate(frames)
    level["PixelData"].VR = "OB"
    return level


slides = {}


def store_pyramid(check, name, transcoding=None):
    """The pyramid as wsidicom itself saves it, with the levels that are missing; its files are open then too."""
    base, saved = Path(folder.name, f"{name}-base"), Path(folder.name, name)
    base.mkdir()
    saved.mkdir()
    study = generate_uid()
    whole_slide_image(source, "VOLUME", TILE, TILE, study).save_as(base / "level.dcm", enforce_file_format=True)
    picture = label()
    whole_slide_image(picture, "LABEL", *picture.size, study).save_as(base / "label.dcm", enforce_file_format=True)
    with WsiDicom.open(base) as slide:
        slide.save(saved, add_missing_levels=True, transcoding=transcoding)
    files = [pydicom.dcmread(file) for file in sorted(saved.iterdir())]
    check.equal("what wsidicom saved", sorted(file.ImageType[2] for file in files), ["LABEL"] + ["VOLUME"] * 4)
    answer = api.store_instances(files)
    check.equal("what is stored", len(answer.ReferencedSOPSequence), len(files))
    slides[name] = WsiDicom.open(saved), files[0].StudyInstanceUID, sorted({file.SeriesInstanceUID for file in files})
    return {(file.file_meta.TransferSyntaxUID, file.PhotometricInterpretation) for file in files}


def store(check):
    check.equal("the JPEG slide", store_pyramid(check, "jpeg"), {(JPEGBaseline8Bit, "YBR_FULL_422")})
    settings = Jpeg2kSettings(levels=[0])
    check.equal("the other slide", store_pyramid(check, "jpeg 2000", settings), {(JPEG2000Lossless, "YBR_RCT")})


def open_web(name):
    """The slide over DICOMweb, and the same one from its files."""
    local, study, series = slides[name]
    return WsiDicom.open_web(WsiDicomWebClient.create_client(ROOT, auth=session()), study, series), local


def far(ours, theirs):
    difference = numpy.abs(numpy.asarray(ours.convert("RGB"), int) - numpy.asarray(theirs.convert("RGB"), int))
    return float(difference.mean()), int(difference.max())


def compare(check, what, ours, theirs, mean=0.0, most=0):
    check.equal(f"the size of {what}", ours.size, theirs.size)
    found = far(ours, theirs)
    check.true(f"{what} differs by {found}", found[0] <= mean and found[1] <= most)


REGIONS = [
    ((0, 0), (200, 150)),
    ((100, 90), (301, 257)),
    ((WIDTH - 150, HEIGHT - 99), (150, 99)),
    ((0, 0), (WIDTH, HEIGHT)),
]


def read_regions(check):
    """What comes over DICOMweb is exactly what is in the files, and nearly what the slide was made of."""
    for name in slides:
        web, local = open_web(name)
        with web as slide:
            check.equal(f"the size of {name}", slide.size.to_tuple(), (WIDTH, HEIGHT))
            check.equal(f"the levels of {name}", [level.level for level in slide.levels], [0, 1, 2, 3])
            for (left, top), size in REGIONS:
                what = f"{name}: {size} at {left}, {top}"
                region = slide.read_region((left, top), 0, size)
                compare(check, what, region, local.read_region((left, top), 0, size))
                original = source.crop((left, top, left + size[0], top + size[1]))
                compare(check, f"{what} and the source", region, original, 2, 40)
            for level in slide.levels:
                size = level.size.to_tuple()
                region = slide.read_region((0, 0), level.level, size)
                compare(check, f"{name}: level {level.level}", region, local.read_region((0, 0), level.level, size))
                if level.level == 1:
                    half = source.resize(size, Image.Resampling.BOX)
                    compare(check, f"{name}: half of the source", region, half, 4, 60)


def read_tiles(check):
    for name in slides:
        web, local = open_web(name)
        with web as slide:
            for level in slide.levels:
                tiled = level.tiled_size
                for x, y in {(0, 0), (tiled.width - 1, tiled.height - 1)}:
                    where = f"{name}: the tile {x}, {y} of level {level.level}"
                    compare(check, where, slide.read_tile(level.level, (x, y)), local.read_tile(level.level, (x, y)))
                    encoded = slide.read_encoded_tile(level.level, (x, y))
                    stored = local.read_encoded_tile(level.level, (x, y))
                    check.true(f"{where} has another codestream", encoded.rstrip(b"\0") == stored.rstrip(b"\0"))


class AsksForEach(WsiDicomWebClient):
    """Tries which transfer syntaxes the server gives.

    wsidicom itself has nothing left to try once it has seen that AvailableTransferSyntaxUID does not name the one that
    it was asked for: its list is a generator that is at its end.
    """

    def get_wsi_instances(self, study_uid, series_uids):
        return ((*names, None) for *names, _ in super().get_wsi_instances(study_uid, series_uids))


def read_transcoded(check, name, syntaxes, colours, mean=0.0, most=0):
    """Regions of which the server decodes the tiles, and encodes them again."""
    local, study, series = slides[name]
    for syntax in syntaxes:
        with WsiDicom.open_web(AsksForEach(api), study, series, syntax) as slide:
            asked = {one.image_data.transfer_syntax for level in slide.levels for one in level.instances.values()}
            check.equal("the transfer syntax", asked, {syntax})
            for at, size in REGIONS:
                region = colours(slide.read_region(at, 0, size))
                compare(
                    check,
                    f"{name}: {size} at {at} in {syntax.name}",
                    region,
                    local.read_region(at, 0, size),
                    mean,
                    most,
                )


def read_other_syntaxes(check):
    read_transcoded(check, "jpeg 2000", (JPEGLosslessSV1, RLELossless), lambda region: region)
    read_transcoded(check, "jpeg 2000", (JPEGBaseline8Bit,), lambda region: region, 2, 40)


def refuse_other_syntaxes_of_ybr_full_422(check):
    """wsidicom would take what it decodes for RGB, unless it is JPEG: such tiles are not to be had, but for JPEG Baseline."""
    _, study, series = slides["jpeg"]
    _, study, series = slides["jpeg"]
    url = f"{ROOT}/studies/{study}/series/{series[0]}"
    instance = session().get(f"{url}/instances").json()[0]["00080018"]["Value"][0]
    for media_type in ("image/jp2", "image/jls", "image/dicom-rle", "image/jpeg; transfer-syntax=" + JPEGLosslessSV1):
        answer = session().get(f"{url}/instances/{instance}/frames/1", headers={"Accept": media_type})
        check.equal(f"the status of a tile as {media_type}", answer.status_code, 406)


def read_label_and_thumbnail(check):
    for name in slides:
        web, local = open_web(name)
        with web as slide:
            compare(check, f"{name}: the label", slide.read_label(), local.read_label())
            compare(check, f"{name}: the label and what it was made of", slide.read_label(), label(), 3, 90)
            compare(check, f"{name}: the thumbnail", slide.read_thumbnail((200, 200)), local.read_thumbnail((200, 200)))
            region, original = (one.read_region_mm((0.01, 0.02), 0, (0.1, 0.08)) for one in (slide, local))
            compare(check, f"{name}: a region in millimetres", region, original)
            check.equal(f"{name}: the patient", str(slide.metadata.patient.name), "Slide^One")


run(
    store,
    read_regions,
    read_tiles,
    read_other_syntaxes,
    refuse_other_syntaxes_of_ybr_full_422,
    read_label_and_thumbnail,
)
folder.cleanup()
