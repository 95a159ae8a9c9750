"""The forum and its programme. One module per subject; import the models from here."""

from events.models.forum import Audience, Forum, Partner, PracticalPage
from events.models.history import FailedRow, FileImport, HistoryEntry, Restoration, RowChange, Viewing
from events.models.invitations import CollaboratorInvitation, HostedSession, Invitation
from events.models.memberships import AGREED_BY_TWO, Approval, Membership, Role
from events.models.outbox import (
    Mailing,
    MailingReceiver,
    MailText,
    Message,
    RefusedMail,
    SuppressedAddress,
)
from events.models.outcome import Commitment, CommitmentReport, Document, News, Outcome, SessionReport
from events.models.people import ERASED_DOMAIN, User
from events.models.programme import Appearance, Session, Speaker
from events.models.proposals import (
    Call,
    Proposal,
    ProposalComment,
    ProposalKind,
    ProposalLink,
    ProposalReview,
    Question,
)
from events.models.reference import (
    SDG,
    ActionLine,
    Country,
    MatrixLink,
    Organisation,
    OrganisationName,
    Room,
    SearchWords,
    SessionType,
    Theme,
    Track,
)
from events.models.release import Availability, PdfFile, Placement, PublicRevision, Release, Wish
