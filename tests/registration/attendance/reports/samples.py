"""Reports as meeting systems write them, by their public documentation: of one meeting on 22 July 2020, 14:20 to 15:50 in Geneva.

Awa joined twice, on two devices at once; Bo has no address; a third person is not registered.
"""

import json

ZOOM = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,
812 3456 7890,"Data, for all",07/22/2020 02:15:00 PM,07/22/2020 03:55:00 PM,host@example.org,100,4,

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent
Awa (Awa Diallo),awa@example.org,07/22/2020 02:20:00 PM,07/22/2020 03:00:00 PM,40,No,
Awa iPhone,awa@example.org,07/22/2020 02:50:00 PM,07/22/2020 03:20:30 PM,31,No,
Bo Lind,,07/22/2020 02:30:00 PM,07/22/2020 03:50:00 PM,80,Yes,
+41 22 555 01 23,,07/22/2020 02:30:00 PM,07/22/2020 02:31:00 PM,1,Yes,
"""
WEBINAR = """Attendee Report
Report Generated:,07/23/2020 09:10 AM
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered,# Cancelled,Unique Viewers,Total Users,Max Concurrent Views
"Data, for all",812 3456 7890,"Jul 22, 2020 02:15 PM",100,9,0,3,3,3
Host Details,
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Bo Lind,,"Jul 22, 2020 14:30:00","Jul 22, 2020 15:50:00",80,No,Sweden
Attendee Details,
Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Awa Diallo,Awa,Diallo,awa@example.org,"Jul 01, 2020 09:00:00",approved,"Jul 22, 2020 14:20:00","Jul 22, 2020 15:00:00",40,No,Mali
,Awa Diallo,Awa,Diallo,awa@example.org,"Jul 01, 2020 09:00:00",approved,"Jul 22, 2020 14:50:00","Jul 22, 2020 15:20:30",31,No,Mali
No,Cy Ek,Cy,Ek,cy@example.org,"Jul 01, 2020 09:00:00",approved,--,--,--,--,
Yes,Guest,,,guest@elsewhere.org,"Jul 01, 2020 09:00:00",approved,"Jul 22, 2020 14:30:00","Jul 22, 2020 14:31:00",1,Yes,Peru
"""
TEAMS = """1. Summary
Meeting title\tData, for all
Attended participants\t3
Start time\t7/22/20, 2:15:00 PM
End time\t7/22/20, 3:55:00 PM
Meeting duration\t1h 40m
Average attendance time\t50m 30s

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Awa Diallo\t7/22/20, 2:20:00 PM\t7/22/20, 3:20:30 PM\t1h 10m 30s\tAwa@example.org\tawa@tenant.example.org\tPresenter
Bo Lind\t7/22/20, 2:30:00 PM\t7/22/20, 3:50:00 PM\t1h 20m\t\t\tAttendee
Guest (External)\t7/22/20, 2:30:00 PM\t7/22/20, 2:31:00 PM\t1m\t\t\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Awa Diallo\t7/22/20, 2:20:00 PM\t7/22/20, 3:00:00 PM\t40m\t\tPresenter
Awa Diallo\t7/22/20, 2:50:00 PM\t7/22/20, 3:20:30 PM\t30m 30s\t\tPresenter
Bo Lind\t7/22/20, 2:30:00 PM\t7/22/20, 3:50:00 PM\t1h 20m\t\tAttendee
Guest (External)\t7/22/20, 2:30:00 PM\t7/22/20, 2:31:00 PM\t1m\t\tAttendee
"""
WEBEX = """Meeting Name;Meeting Start Time;Meeting End Time;Display Name;First Name;Last Name;Role;Attendee Email;Join Time;Leave Time;Attendance Duration;Connection Type
Data, for all;2020-07-22 14:15:00;2020-07-22 15:55:00;Awa Diallo;Awa;Diallo;Host;awa@example.org;2020-07-22 14:20:00;2020-07-22 15:00:00;40 mins;Desktop app
Data, for all;2020-07-22 14:15:00;2020-07-22 15:55:00;Awa Diallo;Awa;Diallo;Host;awa@example.org;2020-07-22 14:50:00;2020-07-22 15:20:30;31 mins;Mobile app
Data, for all;2020-07-22 14:15:00;2020-07-22 15:55:00;Bo Lind;Bo;Lind;Attendee;;2020-07-22 14:30:00;2020-07-22 15:50:00;80 mins;Web app
Data, for all;2020-07-22 14:15:00;2020-07-22 15:55:00;Guest;;;Attendee;guest@elsewhere.org;2020-07-22 14:30:00;2020-07-22 14:31:00;1 mins;Web app
"""
BBB_TABLE = """Name,Moderator,Activity Score,Talk Time,Webcam Time,Messages,Reactions,Poll Votes,Raise Hands,Join,Left,Duration
"Awa Diallo","TRUE","0","00:10:00","-","3","0","0","0","7/22/2020, 02:20:00 PM","7/22/2020, 03:20:30 PM","01:10:30"
"Bo Lind","FALSE","4.2","-","-","0","1","0","1","7/22/2020, 02:30:00 PM","7/22/2020, 03:50:00 PM","01:20:00"
"Guest","FALSE","0","-","-","0","0","0","0","7/22/2020, 02:30:00 PM","7/22/2020, 02:31:00 PM","00:01:00"
"Anonymous","","","","","","","","","","",""
"""
NOON = 1_595_420_400  # 14:20 in Geneva


def _bbb_user(name, *spans):
    ids = {
        f"w_{name}_{n}": {"intId": f"w_{n}", "sessions": [{"registeredOn": a * 1000, "leftOn": b * 1000}]}
        for n, (a, b) in enumerate(spans)
    }
    return {"userKey": name, "extId": name, "intIds": ids, "name": name, "isModerator": False, "talk": {"totalTime": 0}}


AWA = [(NOON, NOON + 2400), (NOON + 1800, NOON + 3630)]
BO, GUEST = (NOON + 600, NOON + 5400), (NOON + 600, NOON + 660)
BBB = json.dumps(
    {
        "intId": "m1",
        "extId": "meeting",
        "name": "Data, for all",
        "users": {
            "a": _bbb_user("Awa Diallo", *AWA),
            "b": _bbb_user("Bo Lind", BO),
            "c": _bbb_user("Guest", GUEST),
        },
        "polls": {},
        "createdOn": (NOON - 300) * 1000,
        "endedOn": (NOON + 5700) * 1000,
    }
)
JITSI = json.dumps(
    {
        "event_name": "muc-room-destroyed",
        "room_name": "data-for-all",
        "is_breakout": False,
        "created_at": NOON - 300,
        "destroyed_at": NOON + 5700,
        "all_occupants": [
            {"name": name, "email": email, "occupant_jid": "x@meet.example.org/y", "joined_at": a, "left_at": b}
            for name, email, (a, b) in [
                ("Awa Diallo", "awa@example.org", AWA[0]),
                ("Awa Diallo", "awa@example.org", AWA[1]),
                ("Bo Lind", "", BO),
                ("Guest", "guest@elsewhere.org", GUEST),
            ]
        ],
    }
)
GRAPH = json.dumps(
    {
        "attendanceRecords": [
            {
                "emailAddress": email,
                "totalAttendanceInSeconds": 60,
                "identity": {"displayName": name},
                "attendanceIntervals": [
                    {"joinDateTime": a, "leaveDateTime": b, "durationInSeconds": 1} for a, b in spans
                ],
            }
            for name, email, spans in [
                (
                    "Awa Diallo",
                    "awa@example.org",
                    [
                        ("2020-07-22T12:20:00Z", "2020-07-22T13:00:00Z"),
                        ("2020-07-22T12:50:00Z", "2020-07-22T13:20:30Z"),
                    ],
                ),
                ("Bo Lind", None, [("2020-07-22T12:30:00Z", "2020-07-22T13:50:00Z")]),
                ("Guest", "", [("2020-07-22T12:30:00Z", "2020-07-22T12:31:00Z")]),
            ]
        ]
    }
)
ALL = {
    "Zoom": ZOOM,
    "Zoom webinar": WEBINAR,
    "Teams": TEAMS,
    "Webex": WEBEX,
    "BigBlueButton": BBB,
    "BigBlueButton, table": BBB_TABLE,
    "Jitsi": JITSI,
    "Teams, Graph": GRAPH,
}
