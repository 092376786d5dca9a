"""openapi-spec-validator: is what /dicom-web/openapi.json gives a document of OpenAPI 3.1?"""

import copy

import requests
from checks import ROOT, run
from openapi_spec_validator import OpenAPIV31SpecValidator

response = requests.get(f"{ROOT}/openapi.json")
document = response.json()


def findings(candidate):
    return [
        f"{list(error.absolute_path)}: {error.message[:300]}"
        for error in OpenAPIV31SpecValidator(candidate).iter_errors()
    ]


def document_is_valid(check):
    check.true(
        f"the type is {response.headers['Content-Type']}", response.headers["Content-Type"].startswith("application/")
    )
    check.equal("the version", document["openapi"][:4], "3.1.")
    check.true(f"there are {len(document['paths'])} paths", len(document["paths"]) > 100)
    check.equal("what is wrong", findings(document), [])


def damage_is_found(check):
    """The validator sees what it is there to see."""
    (path, *_) = [path for path in document["paths"] if "{study}" in path]

    def tags_as_text(damaged):
        damaged["paths"][path]["get"]["tags"] = "studies"

    def without_parameter(damaged):
        damaged["paths"][path]["parameters"] = []

    def same_operation_twice(damaged):
        damaged["paths"]["/another"] = {"get": damaged["paths"][path]["get"]}

    def unknown_reference(damaged):
        damaged["paths"][path]["get"]["responses"]["default"] = {"$ref": "#/components/responses/Nothing"}

    for damage in (tags_as_text, without_parameter, same_operation_twice, unknown_reference):
        damaged = copy.deepcopy(document)
        damage(damaged)
        try:
            found = findings(damaged)
        except Exception as error:
            found = [str(error)]
        check.true(f"{damage.__name__} is not found", found)


run(document_is_valid, damage_is_found)
