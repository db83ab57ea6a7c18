"""The checks that need Python: the contract with moto, and the sandbox driven by a foreign client.

    python tests/python/contract.py

Needs tests/python/requirements.txt. Everything happens on loopback. What is skipped is printed; the last line is
"N passed, N failed, N skipped". Set SANDBOX to the path of identity-center-sandbox to save building it.
"""

import json
import logging
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
from moto.server import ThreadedMotoServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
LOOPBACK_ONLY = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
os.environ.update(LOOPBACK_ONLY)


class Skipped(Exception):
    """Raised with the reason."""


def client(service, endpoint, region=REGION):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=10, connect_timeout=5),
    )


# --- moto ---------------------------------------------------------------------------------------------------------


def seed_moto(endpoint):
    """Makes in moto what the suite works with, and describes it as the suite's fixture."""
    organizations, sso = client("organizations", endpoint), client("sso-admin", endpoint)
    store, sts = client("identitystore", endpoint), client("sts", endpoint)
    management = organizations.create_organization(FeatureSet="ALL")["Organization"]["MasterAccountId"]
    assert sts.get_caller_identity()["Account"] == management
    root = organizations.list_roots()["Roots"][0]
    unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="Production")["OrganizationalUnit"]
    status = organizations.create_account(Email="orders@example.com", AccountName="orders")["CreateAccountStatus"]
    organizations.move_account(
        AccountId=status["AccountId"], SourceParentId=root["Id"], DestinationParentId=unit["Id"]
    )
    instance = sso.list_instances()["Instances"][0]
    identity_store = instance["IdentityStoreId"]
    user = store.create_user(
        IdentityStoreId=identity_store,
        UserName="alice@example.com",
        DisplayName="Alice",
        Name={"GivenName": "Alice", "FamilyName": "Example"},
        Emails=[{"Value": "alice@example.com", "Primary": True}],
    )["UserId"]
    group = store.create_group(IdentityStoreId=identity_store, DisplayName="Developers")["GroupId"]
    store.create_group(IdentityStoreId=identity_store, DisplayName="Empty")
    store.create_group_membership(IdentityStoreId=identity_store, GroupId=group, MemberId={"UserId": user})
    permission_set = sso.create_permission_set(
        InstanceArn=instance["InstanceArn"], Name="DatabaseAdmin", SessionDuration="PT2H"
    )["PermissionSet"]
    return {
        "endpoint": endpoint,
        "region": REGION,
        "userName": "alice@example.com",
        "userId": user,
        "email": "alice@example.com",
        "groupName": "Developers",
        "emptyGroupName": "Empty",
        "account": status["AccountId"],
        "accountPath": f"{root['Name']}/Production",
        "managementAccount": management,
        "permissionSet": "DatabaseAdmin",
        "permissionSetArn": permission_set["PermissionSetArn"],
        "sessionHours": 2,
    }


def moto_keeps_the_contract_but_for_its_known_lies():
    if shutil.which("cargo") is None:
        raise Skipped("cargo is not on the PATH, and the suite is a Rust test")
    logging.disable(logging.CRITICAL)  # moto logs every call, and a traceback for each one that it does not serve
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        fixture = seed_moto(f"http://{host}:{port}")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(fixture, file)
            file.flush()
            command = ["cargo", "test", "--test", "contract", "moto_keeps", "--", "--nocapture"]
            environment = {**os.environ, "CONTRACT_FIXTURE": file.name}
            result = subprocess.run(
                command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        differences = [line for line in result.stdout.splitlines() if line.startswith("expected difference")]
        print("\n".join(f"    {line}" for line in sorted(set(differences))))
        assert result.returncode == 0 and "1 passed" in result.stdout, result.stdout
    finally:
        server.stop()


# --- the sandbox, by boto3 ----------------------------------------------------------------------------------------


class Sandbox:
    """The binary, on a free port of loopback."""

    def __init__(self, *arguments):
        binary = os.environ.get("SANDBOX") or build_sandbox()
        organization = str(ROOT / "examples" / "organization.yaml")
        command = [binary, "--listen", "127.0.0.1:0", "--organization", organization, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = None
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.endpoint = line.removeprefix("listening on ").strip()
                break
        assert self.endpoint, f"the sandbox ended with {self.process.wait()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stdout.close()

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.endpoint}/sandbox/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def tuple(self):
        organization = self.control("GET", "organization")
        user = next(user for user in organization["users"] if user["userName"] == "alice@example.com")
        permission_set = next(one for one in organization["permissionSets"] if one["name"] == "DatabaseAdmin")
        return {
            "InstanceArn": organization["instanceArn"],
            "TargetId": "111122223333",
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": permission_set["arn"],
            "PrincipalType": "USER",
            "PrincipalId": user["id"],
        }


BUILT = []


def build_sandbox():
    """Builds the binary alone, without what it does not need; once."""
    if not BUILT:
        if shutil.which("cargo") is None:
            raise Skipped("cargo is not on the PATH; set SANDBOX to the path of identity-center-sandbox")
        command = ["cargo", "build", "--quiet", "--package", "identity-center-sandbox"]
        command += ["--bin", "identity-center-sandbox", "--message-format", "json"]
        output = subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout
        messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        BUILT.extend(message["executable"] for message in messages if message.get("executable"))
    return BUILT[-1]


def until(condition, seconds=30):
    """Waits for a condition of another process, which cannot wake us."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not so within {seconds} s")


def listed(sso, tuple_):
    pages = sso.get_paginator("list_account_assignments").paginate(
        InstanceArn=tuple_["InstanceArn"],
        AccountId=tuple_["TargetId"],
        PermissionSetArn=tuple_["PermissionSetArn"],
    )
    rows = [row for page in pages for row in page["AccountAssignments"]]
    return [row["PrincipalId"] for row in rows] == [tuple_["PrincipalId"]]


def created(sso, tuple_):
    status = sso.create_account_assignment(**tuple_)["AccountAssignmentCreationStatus"]
    assert status["Status"] == "IN_PROGRESS", status
    watch = sso.describe_account_assignment_creation_status

    def over():
        answer = watch(
            InstanceArn=tuple_["InstanceArn"], AccountAssignmentCreationRequestId=status["RequestId"]
        )["AccountAssignmentCreationStatus"]
        assert answer["Status"] != "FAILED", answer
        return answer["Status"] == "SUCCEEDED"

    until(over)


def deleted(sso, tuple_):
    status = sso.delete_account_assignment(**tuple_)["AccountAssignmentDeletionStatus"]
    watch = sso.describe_account_assignment_deletion_status
    until(
        lambda: watch(
            InstanceArn=tuple_["InstanceArn"], AccountAssignmentDeletionRequestId=status["RequestId"]
        )["AccountAssignmentDeletionStatus"]["Status"]
        == "SUCCEEDED"
    )


def boto3_creates_watches_and_deletes_an_assignment():
    with Sandbox() as sandbox:
        sandbox.control("PATCH", "settings", {"throttling": False, "conflictWindow": "0s"})
        sso, tuple_ = client("sso-admin", sandbox.endpoint), sandbox.tuple()
        created(sso, tuple_)
        until(lambda: listed(sso, tuple_))
        creations = sso.get_paginator("list_account_assignment_creation_status").paginate(
            InstanceArn=tuple_["InstanceArn"], Filter={"Status": "SUCCEEDED"}
        )
        assert len([row for page in creations for row in page["AccountAssignmentsCreationStatus"]]) == 1
        deleted(sso, tuple_)
        until(lambda: not listed(sso, tuple_))
        operations = [entry["operation"] for entry in sandbox.control("GET", "log?after=0")]
        assert "CreateAccountAssignment" in operations and "DeleteAccountAssignment" in operations


def boto3_reads_the_directory_and_the_organization():
    with Sandbox() as sandbox:
        sso, store = client("sso-admin", sandbox.endpoint), client("identitystore", sandbox.endpoint)
        organizations, sts = client("organizations", sandbox.endpoint), client("sts", sandbox.endpoint)
        (instance,) = [one for page in sso.get_paginator("list_instances").paginate() for one in page["Instances"]]
        described = sso.describe_instance(InstanceArn=instance["InstanceArn"])
        assert described["Status"] == "ACTIVE" and described["PermissionSetsEnabled"] is True, described
        identity_store = instance["IdentityStoreId"]
        identifier = {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": "mallory@example.com"}}
        user = store.get_user_id(IdentityStoreId=identity_store, AlternateIdentifier=identifier)["UserId"]
        assert store.describe_user(IdentityStoreId=identity_store, UserId=user)["UserStatus"] == "DISABLED"
        identifier = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "Production-Leads"}}
        group = store.get_group_id(IdentityStoreId=identity_store, AlternateIdentifier=identifier)["GroupId"]
        answer = store.is_member_in_groups(
            IdentityStoreId=identity_store, MemberId={"UserId": user}, GroupIds=[group]
        )
        assert answer["Results"][0]["MembershipExists"] is True
        pages = organizations.get_paginator("list_accounts").paginate()
        assert len([account for page in pages for account in page["Accounts"]]) == 7
        management = organizations.describe_organization()["Organization"]["MasterAccountId"]
        assert sts.get_caller_identity()["Account"] == management


def operations(sandbox):
    return [{"status": one["state"], "kind": one["kind"]} for one in sandbox.control("GET", "operations")]


def refusals_reach_boto3_with_their_codes():
    with Sandbox() as sandbox:
        sso, tuple_ = client("sso-admin", sandbox.endpoint), sandbox.tuple()
        for code in ["ConflictException", "ThrottlingException", "AccessDeniedException"]:
            fault = {"on": {"operation": "CreateAccountAssignment"}, "times": 1}
            sandbox.control("POST", "faults", {**fault, "effect": {"kind": "refuse", "code": code}})
            try:
                sso.create_account_assignment(**tuple_)
            except botocore.exceptions.ClientError as error:
                assert error.response["Error"]["Code"] == code, error
            else:
                raise AssertionError(f"{code} did not arrive")
        sandbox.control("POST", "faults", {"times": 1, "effect": {"kind": "lost", "applied": True}})
        try:
            sso.create_account_assignment(**tuple_)
        except botocore.exceptions.ConnectionClosedError:
            pass
        else:
            raise AssertionError("an answer arrived that was to be lost")
        until(lambda: [one["status"] for one in operations(sandbox)] == ["succeeded"])
        try:
            sandbox.control("POST", "changes", {"change": "remove-user", "userName": "nobody"})
        except urllib.error.HTTPError as error:
            assert "there is no user" in error.read().decode()
        else:
            raise AssertionError("a change of a user that is not there was accepted")


def the_state_survives_a_restart():
    with tempfile.TemporaryDirectory() as directory:
        with Sandbox("--data", directory) as sandbox:
            tuple_ = sandbox.tuple()
            created(client("sso-admin", sandbox.endpoint), tuple_)
        with Sandbox("--data", directory) as sandbox:
            until(lambda: listed(client("sso-admin", sandbox.endpoint), tuple_))


def mistakes_in_the_file_end_the_binary_with_their_line():
    binary = os.environ.get("SANDBOX") or build_sandbox()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write('region: x\nmanagementAccount: {id: "1", name: m}\n')
        file.flush()
        result = subprocess.run([binary, "--organization", file.name], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1 and "line 2" in result.stderr, result


CHECKS = [
    boto3_creates_watches_and_deletes_an_assignment,
    boto3_reads_the_directory_and_the_organization,
    refusals_reach_boto3_with_their_codes,
    the_state_survives_a_restart,
    mistakes_in_the_file_end_the_binary_with_their_line,
    moto_keeps_the_contract_but_for_its_known_lies,
]


def main():
    passed, failed, skipped = 0, 0, 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check()
        except Skipped as reason:
            skipped += 1
            print(f"skipped: {name}: {reason}")
        except Exception:  # a check may fail in any way, and the others still run
            failed += 1
            print(f"failed:  {name}")
            traceback.print_exc()
        else:
            passed += 1
            print(f"passed:  {name}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
