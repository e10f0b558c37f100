"""What is to come over HTTP: MRR as it is forecast, and cash by scenarios."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.depends import AsOf, CurrentActor, Reading, StrictRoute
from api.schemas.cash_flow import CashFlowAnswer
from api.schemas.forecast import ForecastAnswer
from core.finance.base_case import base_case
from core.finance.forecasts import revenue_forecast
from core.finance.saved_scenarios import scenario_named
from core.finance.scenarios import LONGEST, Levers, project

router = APIRouter(prefix="/financial", tags=["Finance"], route_class=StrictRoute)
Name = Annotated[str | None, Query(max_length=60, description="A saved scenario; left out, the base case.")]
Months = Annotated[int, Query(ge=1, le=LONGEST, description="How many months ahead.")]


@router.get("/forecast", summary="MRR of the coming months, with its bands and its track record")
def forecast(actor: CurrentActor, session: Reading, as_of: AsOf) -> ForecastAnswer:
    """Return the forecast as it could be made at the end of `asOf`: by component, each with bands of 80 %.

    `record` says how often bands of earlier months held what came, and how far forecasts were off beside naive ones.
    """
    return ForecastAnswer.of(revenue_forecast(session, actor, as_of=as_of), as_of)


@router.get("/cash-flow", summary="Cash of the coming months, by a scenario, and when it ends")
def cash_flow(
    actor: CurrentActor, session: Reading, as_of: AsOf, scenario: Name = None, months: Months = 24
) -> CashFlowAnswer:
    """Return how cash goes on from the end of `asOf`: the base case, or a scenario that is saved under that name."""
    base = base_case(session, actor, as_of=as_of)
    saved = None if scenario is None else scenario_named(session, actor, scenario)
    made = None if base is None else project(base, Levers() if saved is None else saved.levers)
    return CashFlowAnswer.of(base, saved, made, as_of, months)
