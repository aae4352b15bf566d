"""What every model that crosses a process or network border has in common."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """A frozen, closed message: unknown fields are refused and values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64")
