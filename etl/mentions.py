"""What is found on the way from a document to a place: mentions, and candidates with all their mentions."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from etl.text.model import Locator


@dataclass(frozen=True)
class Mention:
    """A place as one sentence of one document names it.

    Codes are those of the layer's fields; None and "" say that the context does not tell. `sure` is False
    of a city that nothing but the document's own subject tells.
    """

    name: str
    layer: str
    kind: str
    city: int | None
    district: int | None
    status: str
    level: str
    host: str
    locator: Locator
    reason: str
    sure: bool = True


@dataclass(frozen=True)
class PassedOver:
    """What reads like a name of a layer and is taken for none, with the reason."""

    name: str
    layer: str
    locator: Locator
    reason: str


@dataclass(frozen=True)
class Candidate:
    """A thing with all its mentions. The fullest name is the name, other spellings are aliases."""

    name: str
    aliases: tuple[str, ...]
    layer: str
    kind: str
    city: int | None
    district: int | None
    status: str
    level: str
    host: str
    mentions: tuple[Mention, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)

    @property
    def sources(self) -> tuple[str, ...]:
        """Each document and section that names it, once, in order."""
        return tuple(dict.fromkeys(f"{one.locator.document}#{one.locator.section}" for one in self.mentions))

    def __str__(self) -> str:
        aliases = f" ({'、'.join(self.aliases)})" if self.aliases else ""
        told = ", ".join(str(one) for one in (self.city, self.status, self.level) if one)
        return f"{self.name}{aliases}  [{self.layer}/{self.kind}; {told}]  {' '.join(self.sources)}"

    def as_dict(self) -> dict[str, object]:
        """The candidate as JSON has it: each mention with its locator and the reason why it was taken."""
        mentions = [{**asdict(one.locator), "name": one.name, "reason": one.reason} for one in self.mentions]
        told = ("name", "aliases", "layer", "kind", "city", "district", "status", "level", "host", "sources")
        return {**{name: getattr(self, name) for name in told}, "mentions": mentions}
