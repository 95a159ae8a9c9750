"""The prize's models, one module per thing that happens."""

from prizes.models.edition import Category, Edition, Phase, PrizeSponsor, check_phase_order
from prizes.models.fairplay import Quarantine, QuarantinedBallot, Trace
from prizes.models.nomination import Attachment, EarlierWinner, Linkage, Nomination, NominationVersion
from prizes.models.outcome_document import OutcomeDocument
from prizes.models.results import Certificate, Count, Honour, Recount, Result, Turnout, Winner
from prizes.models.review import Assignment, Criterion, Expert, Score
from prizes.models.voting import Ballot, Block, Commitment, Vote, VoterAddress
