"""Secrets are kept encrypted, for those who made them and for administrators; nothing shows one."""

from __future__ import annotations

import json
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.test import Client, override_settings

from apps.accounts.models import User
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.datasets.domain.secrets import SecretKind, check_opens
from apps.datasets.models import Secret, SynapseTable
from apps.datasets.selectors.secrets import secret_for, secret_named, secrets_of
from apps.datasets.services.secrets import (
    SecretUnreadableError,
    create_secret,
    credentials_for_reading,
    credentials_of,
    delete_secret,
    encrypt_anew,
    replace_secret,
)
from synanno_server.env import SettingError, read_environment
from tests.support.people import Team

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789abcdef"
S3 = json.dumps({"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"})
OLD, NEW = "an old key of at least 32 characters", "a new key that has at least 32 characters"


def keys(*given: str) -> override_settings:
    return override_settings(SECRETS_KEYS=lambda: given)


@pytest.fixture
def mona() -> User:
    return User.objects.create(username="mona", is_staff=True)


def test_a_secret_is_opened_again_and_lies_encrypted(mona: User) -> None:
    secret = create_secret("the bucket", SecretKind.S3, S3, mona)
    row = Secret.objects.get(pk=secret.pk)
    assert b"wJalrXUtnFEMI" not in bytes(row.sealed)
    assert credentials_of(row).as_mapping() == json.loads(S3)


def test_what_is_opened_shows_itself_nowhere(mona: User) -> None:
    credentials = credentials_of(create_secret("c", SecretKind.CAVE, TOKEN, mona))
    assert TOKEN not in f"{credentials} {credentials!r} {[credentials]}"
    with pytest.raises(TypeError):
        pickle.dumps(credentials)


def test_those_who_made_it_and_administrators_may_name_it(mona: User, team: Team) -> None:
    secret = create_secret("mine", SecretKind.CAVE, TOKEN, mona)
    other = User.objects.create(username="otto", is_staff=True)
    ada = User.objects.create(username="ada", is_staff=True, is_superuser=True)
    assert [*secrets_of(mona)] == [*secrets_of(ada)] == [secret]
    assert secret_for(mona, secret.pk) == secret_named("mine") == secret
    for stranger in (other, team.anna):
        assert [*secrets_of(stranger)] == []
        with pytest.raises(NotFoundError):
            secret_for(stranger, secret.pk)
        with pytest.raises(NotFoundError):
            secret_named("mine", stranger)
    User.objects.filter(pk=mona.pk).update(is_staff=False)
    assert [*secrets_of(User.objects.get(pk=mona.pk))] == []


def test_a_replaced_secret_is_another_for_readers(mona: User) -> None:
    secret = create_secret("c", SecretKind.CAVE, TOKEN, mona)
    assert credentials_for_reading(secret.pk, secret.version).token == TOKEN
    new = replace_secret(secret, '{"token": "feed"}', mona)
    assert new.version == 2
    assert credentials_for_reading(new.pk, new.version).token == "feed"
    with pytest.raises(SecretUnreadableError, match="replaced or deleted"):
        credentials_for_reading(new.pk, 3)


def test_a_secret_that_a_volume_needs_stays(mona: User, table: SynapseTable) -> None:
    secret = create_secret("c", SecretKind.CAVE, TOKEN, mona)
    table.dataset.volumes.filter(kind="neuron").update(secret=secret)
    with pytest.raises(ConflictError, match="Replace it instead"):
        delete_secret(secret, mona)
    table.dataset.volumes.update(secret=None)
    delete_secret(secret, mona)
    assert not Secret.objects.exists()


def google(private_key: str) -> str:
    rest = {"client_email": "me@lab", "token_uri": "https://host/token", "project_id": "lab"}
    return json.dumps({**rest, "private_key": private_key})


def pem(key: RSAPrivateKey | EllipticCurvePrivateKey, password: bytes = b"") -> str:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode()


def test_a_key_that_cannot_sign_is_refused_before_anybody_reads_with_it(mona: User) -> None:
    rsa = generate_private_key(65537, 2048)
    whole = pem(rsa)
    secret = create_secret("whole", SecretKind.GCS, google(whole), mona)
    for unusable in (
        *(
            "WRONG-KEY",
            whole[:200],
            whole.replace("\n", "")[:-40],
            whole[:60] + "A" + whole[61:900],
        ),
        *(pem(rsa, b"password"), pem(ec.generate_private_key(ec.SECP256R1()))),
    ):
        with pytest.raises(InvalidInputError, match="its private_key is no RSA key") as refused:
            create_secret("other", SecretKind.GCS, google(unusable), mona)
        assert refused.value.field == "secret"
        with pytest.raises(InvalidInputError, match="its private_key is no RSA key"):
            replace_secret(secret, google(unusable), mona)
    assert credentials_of(Secret.objects.get()).as_mapping()["private_key"] == whole


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (SecretKind.S3, "WRONG-KEY"),
        (SecretKind.S3, '{"AWS_ACCESS_KEY_ID": "WRONG-KEY"}'),
        (SecretKind.S3, '{"AWS_ACCESS_KEY_ID": "WRONG-KEY", "AWS_SECRET_ACCESS_KEY": ""}'),
        (SecretKind.GCS, '{"private_key": "WRONG-KEY"}'),
        (SecretKind.GCS, '["WRONG-KEY"]'),
        (SecretKind.HTTPS, "WRONG-KEY with a space"),
        (SecretKind.HTTPS, "WRONG-KEY\r\nX-Other: header"),
        (SecretKind.CAVE, "WRONG-KEY"),
        (SecretKind.CAVE, '{"auth": "WRONG-KEY"}'),
        (SecretKind.CAVE, "  "),
        (SecretKind.HTTPS, "WRONG-KEY" * 3000),
    ],
)
def test_what_is_no_secret_of_its_kind_is_refused_and_not_quoted(
    mona: User, kind: SecretKind, text: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        create_secret("s", kind, text, mona)
    assert refused.value.field == "secret"
    assert "WRONG-KEY" not in refused.value.sentence
    assert not Secret.objects.exists()


def test_names_are_given_once(mona: User) -> None:
    create_secret("c", SecretKind.CAVE, TOKEN, mona)
    for name in ("c", "", "n" * 101):
        with pytest.raises(InvalidInputError) as refused:
            create_secret(name, SecretKind.CAVE, TOKEN, mona)
        assert refused.value.field == "name"


def test_a_secret_is_for_addresses_of_its_kind() -> None:
    check_opens(SecretKind.S3, "precomputed://s3://bucket/em", "image")
    check_opens(SecretKind.CAVE, "graphene://https://host/segmentation/table/t", "neuron")
    with pytest.raises(InvalidInputError, match="opens addresses with gs://") as refused:
        check_opens(SecretKind.GCS, "https://host/em", "image")
    assert refused.value.field == "image"


def test_a_wrong_key_is_told_in_a_sentence(mona: User) -> None:
    with keys(OLD):
        secret = create_secret("the bucket", SecretKind.S3, S3, mona)
    with keys(NEW), pytest.raises(SecretUnreadableError) as refused:
        credentials_of(secret)
    assert "'the bucket' cannot be decrypted" in refused.value.sentence
    assert "SYNANNO_SECRETS_KEYS" in refused.value.sentence


def test_keys_are_replaced_one_after_another(mona: User) -> None:
    with keys(OLD):
        create_secret("the bucket", SecretKind.S3, S3, mona)
    with keys(NEW, OLD):
        assert credentials_of(Secret.objects.get()).as_mapping() == json.loads(S3)
        assert encrypt_anew() == 1
    with keys(NEW):
        assert credentials_of(Secret.objects.get()).as_mapping() == json.loads(S3)
    with keys(OLD), pytest.raises(SecretUnreadableError):
        encrypt_anew()


def test_a_key_that_is_too_short_is_not_shown() -> None:
    with pytest.raises(SettingError, match="at least 32 characters") as refused:
        read_environment({"SYNANNO_SECRETS_KEYS": "short-key"})
    assert "short-key" not in str(refused.value)


def test_the_admin_shows_that_there_is_one_and_no_more(mona: User) -> None:
    secret = create_secret("the bucket", SecretKind.S3, S3, mona)
    client = Client()
    client.force_login(User.objects.create(username="ada", is_staff=True, is_superuser=True))
    for address in ("", f"{secret.pk}/change/"):
        page = client.get(f"/admin/datasets/secret/{address}").content.decode()
        assert "the bucket" in page
        assert bytes(secret.sealed).decode()[:20] not in page
        assert "wJalrXUtnFEMI" not in page
