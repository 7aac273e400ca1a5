"""What a merchant of WeChat Pay signs and reads with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """What a merchant has: its own key pair's private half, and WeChat's public key."""

    mchid: str
    appid: str
    private_key: str
    cert_serial: str
    api_v3_key: str
    public_key: str
    public_key_id: str
