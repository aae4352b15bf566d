"""The kinds of element a plan consists of, and what tells them apart over the API."""

from dataclasses import dataclass

from pydantic import BaseModel

from services.api.editing import schemas, sent
from services.api.paging import ListItem
from services.api.plans.rows import INDICATORS, MEASURES, OBJECTIVES, TABLES, Section
from services.api.responses import Resource
from shared.domain.permissions import Action


@dataclass(frozen=True, slots=True)
class ElementKind:
    """One kind of element.

    ``name`` is that of one in paths and operation ids; the titles are those of the OpenAPI
    document. ``planned``: an approval fixes it, so it changes only where content may.
    """

    section: Section
    name: str
    title: str
    titles: str
    about: str
    example: str
    served: type[ListItem]
    listed: type[Resource]
    saved: type[ListItem]
    new: type[BaseModel]
    change: type[Resource]
    planned: bool = True

    @property
    def path(self) -> str:
        """Path of one, below those of its kind."""
        return f"/{{{self.name}:path}}"

    @property
    def making(self) -> Action:
        """What somebody must be allowed to do to make or remove one."""
        return Action.PLAN_EDIT if self.planned else Action.PLAN_UPDATE

    @property
    def actions(self) -> tuple[Action, ...]:
        """What may be done to one."""
        return (Action.PLAN_EDIT, Action.PLAN_UPDATE) if self.planned else (Action.PLAN_UPDATE,)


KINDS = (
    ElementKind(
        OBJECTIVES,
        "objective",
        "obiettivo",
        "Obiettivi",
        "L'albero della performance, con pesi, programmi, unità e risorse.",
        "A1",
        schemas.Objective,
        schemas.ObjectiveList,
        schemas.SavedObjective,
        sent.NewObjective,
        sent.ObjectiveChange,
    ),
    ElementKind(
        MEASURES,
        "measure",
        "misura",
        "Misure",
        "I dati elementari che le formule leggono.",
        "2",
        schemas.Measure,
        schemas.MeasureList,
        schemas.SavedMeasure,
        sent.NewMeasure,
        sent.MeasureChange,
    ),
    ElementKind(
        INDICATORS,
        "indicator",
        "indicatore",
        "Indicatori",
        "Gli indicatori con formule e target.",
        "A1.1",
        schemas.Indicator,
        schemas.IndicatorList,
        schemas.SavedIndicator,
        sent.NewIndicator,
        sent.IndicatorChange,
    ),
    ElementKind(
        TABLES,
        "table",
        "tabella di contesto",
        "Tabelle di contesto",
        "Personale, bilancio, portafoglio dei prodotti: ciò che la Relazione racconta in tabelle.",
        "BUDGET",
        schemas.Table,
        schemas.TableList,
        schemas.SavedTable,
        sent.NewTable,
        sent.TableChange,
        planned=False,
    ),
)
