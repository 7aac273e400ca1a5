"""Run as a module beside the service: a fourth shop, like another one but paid by WeChat."""

import django

django.setup()

import yaml  # noqa: E402

from config.demo import people  # noqa: E402
from tenants.registry import services as registry_services  # noqa: E402

if __name__ == "__main__":
    document = yaml.safe_load(people.blueprint("snatch"))
    document |= {"host": "lake.localhost", "gateway": "wechat"}
    registry_services.spawn(document=yaml.safe_dump(document, allow_unicode=True), acting_user="demo")
