"""The CloudFormation template in AWS in memory (moto): what each stack holds, as a JSON array.

Arguments: the template, then for each stack a JSON object of its parameters.
"""

import io
import json
import sys
import zipfile

import boto3
import yaml
from cfnlint.decode import decode
from moto import mock_aws

AT = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(name, document):
    # As JSON, or as Python writes a dictionary: both are YAML.
    document = yaml.safe_load(document) if isinstance(document, str) else document
    for statement in as_list(document["Statement"]):
        yield {
            "policy": name,
            "actions": as_list(statement["Action"]),
            "resources": as_list(statement.get("Resource", [])),
        }


@mock_aws
def create(template, parameters):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    s3 = boto3.client("s3", **AT)
    s3.create_bucket(Bucket=parameters["CodeBucket"])
    s3.put_object(Bucket=parameters["CodeBucket"], Key="reprise/lambda.zip", Body=code.getvalue())
    if "CreateProducer" in parameters:
        # Debian's own parameter is not among those that moto knows.
        image = boto3.client("ec2", **AT).register_image(Name="debian")["ImageId"]
        boto3.client("ssm", **AT).put_parameter(Name="/images/debian", Value=image, Type="String")
        parameters["ProducerImage"] = "/images/debian"
    cloudformation = boto3.client("cloudformation", **AT)
    cloudformation.create_stack(
        StackName="posts",
        TemplateBody=template,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    resources = cloudformation.list_stack_resources(StackName="posts")["StackResourceSummaries"]
    iam = boto3.client("iam", **AT)
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    rights = []
    for role in roles:
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            rights += statements(policy, iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
    attached = [iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] for role in roles]
    dashboard = boto3.client("cloudwatch", **AT).get_dashboard(DashboardName="posts-delivery")["DashboardBody"]
    groups = boto3.client("logs", **AT).describe_log_groups()["logGroups"]
    function = boto3.client("lambda", **AT).get_function(FunctionName="posts-transform")["Configuration"]
    return {
        "status": cloudformation.describe_stacks(StackName="posts")["Stacks"][0]["StackStatus"],
        "types": sorted({resource["ResourceType"] for resource in resources}),
        "rights": rights,
        "attached": sum(len(policies) for policies in attached),
        "roles": len(roles),
        "widgets": len(json.loads(dashboard)["widgets"]),
        "log_groups": {group["logGroupName"]: group.get("retentionInDays") for group in groups},
        "runtime": function["Runtime"],
        "handler": function["Handler"],
    }


with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
# What moto cannot create stands in the template alone.
declared = {}
for resource in decode(sys.argv[1])[0]["Resources"].values():
    declared.setdefault(resource["Type"], []).append(resource.get("Properties", {}))
print(json.dumps({"declared": declared, "stacks": [create(text, json.loads(words)) for words in sys.argv[2:]]}))
