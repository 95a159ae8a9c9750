"""People at a forum: registration, booking, attendance, and the tallies counted from them."""

from registration.models.accreditation import (
    AccreditationStep,
    FocalPoint,
    InvitationLetter,
    Quota,
    RegistrationFile,
)
from registration.models.attendance import Attendance, Source
from registration.models.booking import Booking
from registration.models.certificate import CertificateRule, ParticipationCertificate
from registration.models.data_rights import DataCopy, Erasure, Formerly, RetentionPeriod
from registration.models.door import Door, DoorPass, Outcome, Scan
from registration.models.invitation import FocalPointRequest, RegistrationInvitation
from registration.models.kind import Approver, Kind
from registration.models.question import RegistrationQuestion
from registration.models.registration import Registration, RegistrationDraft
from registration.models.seats import SeatHold, Waiting
from registration.models.sign_in import SignIn, SpentCode
from registration.models.stay import Stay
from registration.models.tally import PublishedFigures, Tally
