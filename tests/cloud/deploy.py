"""Deploys infra/template.yaml on a local AWS as `sam deploy` does: zips, a packaged copy, one stack.

usage: deploy.py TEMPLATE BINARIES REPORT_BUCKET     (BINARIES has a program named after each function)

The endpoint, the region and the keys come from the environment that boto3 reads.
"""

import io
import json
import re
import sys
import zipfile
from pathlib import Path

import boto3

STACK = "sluice"
DEPLOYMENT_BUCKET = "sluice-deployment"
CODE_URI = re.compile(r"CodeUri: \.\./target/lambda/([a-z-]+)/")

s3 = boto3.client("s3")


def zipped(binary):
    """A Lambda package with the one executable that `provided.al2023` starts."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(entry, binary.read_bytes())
    return package.getvalue()


def packaged(template, binaries):
    """Uploads the code of every function, and returns the template with the addresses of the code."""

    def upload(code_uri):
        key = f"{code_uri.group(1)}.zip"
        s3.put_object(Bucket=DEPLOYMENT_BUCKET, Key=key, Body=zipped(binaries / code_uri.group(1)))
        return f"CodeUri: s3://{DEPLOYMENT_BUCKET}/{key}"

    region = s3.meta.region_name
    s3.create_bucket(Bucket=DEPLOYMENT_BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_object(
        Bucket=DEPLOYMENT_BUCKET, Key="template.yaml", Body=CODE_URI.sub(upload, template.read_text()).encode()
    )
    return f"{s3.meta.endpoint_url}/{DEPLOYMENT_BUCKET}/template.yaml"


def create_stack(template_url, report_bucket):
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=template_url,
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": "ReportBucketName", "ParameterValue": report_bucket},
            # The manifest of a generated report names a bucket that does not exist here.
            {"ParameterKey": "ReplicaOf", "ParameterValue": "example-report-bucket"},
            {"ParameterKey": "Architecture", "ParameterValue": "x86_64"},
        ],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def make_up_for_the_local_aws():
    """Makes up for differences of the local AWS, which enforces policies as AWS does."""
    # The policies of the buckets require TLS, and the local AWS has none.
    for bucket in s3.list_buckets()["Buckets"]:
        s3.delete_bucket_policy(Bucket=bucket["Name"])
    # AWS checks a batch of messages against `sqs:SendMessage`. In AWS there is no action named after the
    # batch.
    for sender in ["receive-report", "split-report", "register-partitions", "recalculate-account",
                   "allocate-commitments", "publish-datasets", "bill-customer"]:
        allow(sender, "sqs:SendMessageBatch")
    # AWS knows that a query execution belongs to its workgroup. The local AWS does not.
    allow("register-partitions", "athena:GetQueryExecution")


def allow(role, action):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    boto3.client("iam").put_role_policy(
        RoleName=role, PolicyName=f"local-{action.replace(':', '-')}", PolicyDocument=json.dumps(policy)
    )


if __name__ == "__main__":
    create_stack(packaged(Path(sys.argv[1]), Path(sys.argv[2])), sys.argv[3])
    make_up_for_the_local_aws()
