"""What the validators of the publishers say of some files: for each, a JSON list of what is wrong,
by column or member; empty when nothing is. Called by tests/it/exports.rs with `scdl` or
`360giving`, the folder of the public schemas, and the files."""

import json
import sys
from pathlib import Path


def scdl(schemas: Path, file: str) -> list[str]:
    from validata_core import validate

    report = validate(file, str(schemas / "scdl-subventions-2.1.1.json")).format()["report"]
    return [it.get("fieldName") or it["type"] for it in report["errors"]]


def giving(schemas: Path, file: str) -> list[str]:
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    package = json.loads((schemas / "360-giving-package-schema.json").read_text())
    grant = json.loads((schemas / "360-giving-schema.json").read_text())
    address = package["properties"]["grants"]["items"]["$ref"]
    resource = DRAFT202012.create_resource(grant)
    registry = Registry().with_resources([(address, resource), (grant["$id"], resource)])
    validator = Draft202012Validator(package, registry=registry, format_checker=FormatChecker())
    errors = validator.iter_errors(json.loads(Path(file).read_text()))
    return [f"{it.json_path}: {it.message}" for it in errors]


kind, schemas, *files = sys.argv[1:]
validator = {"scdl": scdl, "360giving": giving}[kind]
print(json.dumps([validator(Path(schemas), file) for file in files]))
