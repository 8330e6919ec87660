"""Delivers reports to the deployed stack as AWS does, issues bills, waits, and downloads all results.

usage: deliver.py REPORTS CONTRACTS REQUESTS RESULTS     (the first and the last are folders)

Each line of REQUESTS is a request to issue a bill.

Data files are uploaded first, then one manifest after the other. Bills are issued one after the other, so
that their numbers do not depend on chance. If a message was given up, or if something is not finished in
time, the script prints the functions' logs and the dead letters and ends with 1.
"""

import sys
import time
from pathlib import Path

import boto3

STACK = "sluice"
SECONDS_MAX = 180
# While EventBridge passes a message on, the message is in no queue. So the queues must stay empty for a
# while.
QUIET_SECONDS = 3

s3, sqs, logs = boto3.client("s3"), boto3.client("sqs"), boto3.client("logs")


def outputs():
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def objects(bucket):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def messages_by_queue():
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return {
        url: sum(int(n) for n in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())
        for url in sqs.list_queues()["QueueUrls"]
    }


def wait_until_quiet(results):
    """Waits until no message is left and a run is current, or until a message was given up.

    A run is current before its bills are made, but their messages are in a queue by then.
    """
    quiet_since = None
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        time.sleep(0.25)
        counts = messages_by_queue()
        if any(count for url, count in counts.items() if url.endswith("-dead-letters")):
            return "a message was given up"
        if any(counts.values()) or not any(key.startswith("current/") for key in objects(results)):
            quiet_since = None
            continue
        quiet_since = quiet_since or time.monotonic()
        if time.monotonic() - quiet_since > QUIET_SECONDS:
            return None
    return f"nothing is sealed after {SECONDS_MAX} seconds"


def deliver(reports, contracts, requests, results_folder):
    names = outputs()
    results = names["ResultsBucket"]
    s3.upload_file(str(contracts), results, "config/contracts.toml")
    files = sorted(path for path in reports.rglob("*") if path.is_file())
    manifests = [path for path in files if path.name.endswith("Manifest.json")]
    # A delivery's own manifest is written before the manifest that names the newest delivery.
    manifests.sort(key=lambda path: len(path.parts), reverse=True)
    for path in [path for path in files if path not in manifests] + manifests:
        s3.upload_file(str(path), names["ReportBucket"], path.relative_to(reports).as_posix())
        trouble = wait_until_quiet(results) if path in manifests else None
        if trouble:
            return trouble
    for request in requests.read_text().splitlines():
        sqs.send_message(QueueUrl=names["BillCustomerQueue"], MessageBody=request)
        trouble = wait_until_quiet(results)
        if trouble:
            return trouble
    # Athena writes an empty result of each statement under its own prefix.
    for key in (key for key in objects(results) if not key.startswith("athena/")):
        target = results_folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(results, key, str(target))
    return None


def explain():
    for group in logs.describe_log_groups()["logGroups"]:
        print(f"==== {group['logGroupName']}")
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
            page = logs.get_log_events(
                logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"], startFromHead=True
            )
            for event in page["events"]:
                print(event["message"].rstrip())
    for url, count in messages_by_queue().items():
        print(f"==== {url}: {count} messages")
        if url.endswith("-dead-letters"):
            page = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            for message in page.get("Messages", []):
                reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
                print(message["Body"], "-", reason)


if __name__ == "__main__":
    trouble = deliver(*(Path(argument) for argument in sys.argv[1:5]))
    if trouble:
        explain()
        sys.exit(trouble)
