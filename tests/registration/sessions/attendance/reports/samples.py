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
    "BigBlueButton": BBB,
    "Jitsi": JITSI,
    "Teams, Graph": GRAPH,
}
