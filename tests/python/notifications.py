"""Checks the golden messages of the reporter with programs of others: `python tests/python/notifications.py`.

The signature with the reference implementation of Standard Webhooks, the envelope with the CloudEvents package, the data with the published
schema, and Slack's blocks with the models of slack-sdk.
"""

import datetime
import json
import pathlib

import jsonschema
from cloudevents.v1.http import from_json
from slack_sdk.models.blocks import Block
from standardwebhooks import Webhook

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "notifications"


def read(path):
    return json.loads(path.read_text())


def check_webhook():
    message = read(GOLDEN / "webhook.json")
    time = datetime.datetime.fromtimestamp(int(message["timestamp"]), tz=datetime.timezone.utc)
    signature = Webhook(message["secret"]).sign(message["id"], time, message["body"])
    assert signature == message["signature"], (signature, message["signature"])
    event = from_json(message["body"])
    assert event["specversion"] == "1.0" and event["id"] == message["id"], event
    assert event["type"] == "io.team-operator.approval-needed.v1", event
    schema = read(ROOT / "docs" / "schemas" / "notification.v1.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(event.data, schema)


def check_slack():
    blocks = read(GOLDEN / "slack.json")
    parsed = Block.parse_all(blocks)
    assert len(parsed) == len(blocks)
    for block in parsed:
        block.validate_json()
    # What people wrote stands in plain text alone, where Slack reads no markup.
    for text in markup(blocks):
        for foreign in ["<!channel>", "evil", "OPS-123", "alice"]:
            assert foreign not in text, text


def markup(node):
    if isinstance(node, list):
        for item in node:
            yield from markup(item)
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        for value in node.values():
            yield from markup(value)


if __name__ == "__main__":
    check_webhook()
    check_slack()
    print("the golden messages are what the programs of others expect")
