"""What is to come over HTTP: MRR as it is forecast, with what earlier forecasts were worth."""

from fastapi import APIRouter

from api.depends import AsOf, CurrentActor, Reading, StrictRoute
from api.schemas.forecast import ForecastAnswer
from core.finance.forecasts import revenue_forecast

router = APIRouter(prefix="/financial", tags=["Finance"], route_class=StrictRoute)


@router.get("/forecast", summary="MRR of the coming months, with its bands and its track record")
def forecast(actor: CurrentActor, session: Reading, as_of: AsOf) -> ForecastAnswer:
    """Return the forecast as it could be made at the end of `asOf`: by component, each with bands of 80 %.

    `record` says how often bands of earlier months held what came, and how far forecasts were off beside naive ones.
    """
    return ForecastAnswer.of(revenue_forecast(session, actor, as_of=as_of), as_of)
