"""Changes to PakLog's schemas that several tests make."""

from __future__ import annotations

from tests.evolution.repository import Project

ORDER = "schemas/order-event.avsc"
LOCATION = "schemas/common/storage-location.avsc"
PRIORITY = '    {"name": "priority", "type": "int"},\n    {"name": "order_id"'


def add_priority(project: Project) -> None:
    project.replace(ORDER, '    {"name": "order_id"', PRIORITY)


def add_field(project: Project, name: str, **more: object) -> None:
    order = project.read(ORDER)
    order["fields"].append({"name": name, "type": "int", **more})
    project.write(ORDER, order)


def versions_on_main(project: Project, count: int) -> None:
    """Fields that come and go on main, each merged as a pull request is."""
    for number in range(count):
        order = project.read(ORDER)
        order["fields"] = [field for field in order["fields"] if not field["name"].startswith("extra_")]
        order["fields"].append({"name": f"extra_{number}", "type": "int", "default": 0})
        project.write(ORDER, order)
        project.on_main(f"version {number}")
