"""Results without the sheets that somebody does not see, as bytes, remembered."""

from collections import OrderedDict

from services.api.auth.caller import Access
from services.api.boundaries import service as boundaries
from services.api.boundaries.cuts import results_without_sheets
from services.api.db.session import Database
from services.api.plans import service as plans
from services.api.responses import content_etag
from services.api.results.computing import Computing
from services.api.results.repository import StoredResults
from shared.contracts.results import ResultsDocument
from shared.domain.confidentiality import hidden_in

# Of every plan there are the whole results, those without sheets, and one per evaluator.
_MOST = 256


class CutResults:
    """What is left of results for somebody, made once per revision and sight."""

    def __init__(self, database: Database, computing: Computing) -> None:
        self._database = database
        self._computing = computing
        self._made: OrderedDict[tuple[str, int, str, frozenset[str]], StoredResults] = OrderedDict()

    async def of(self, found: StoredResults, access: Access, year: int) -> StoredResults:
        """The results as the caller sees them."""
        key = (access.chamber, year, found.etag, access.sight.sheets)
        made = self._made.get(key)
        if made is None:
            made = await self._cut(found, access, year)
            self._made[key] = made
            if len(self._made) > _MOST:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return made

    async def _cut(self, found: StoredResults, access: Access, year: int) -> StoredResults:
        made = self._computing.made(access.chamber, year, found.etag)
        if made is not None:  # computed here: the plan is at hand, and the document as such
            document, hidden = made.document, hidden_in(made.scored.plan, access.sight)
        else:
            async with self._database.read([access.chamber]) as session:
                head = await plans.head(session, year)
                hidden = await boundaries.hidden(session, head, access)
            document = ResultsDocument.model_validate_json(found.body)
        seen = results_without_sheets(document, access.sight, hidden)
        if seen is document:
            return found
        body = seen.model_dump_json().encode()
        return StoredResults(found.revision, content_etag(body), body)
